/// What a check came to.
public enum CheckOutcome: Equatable, BitwiseCopyable, Sendable {
  /// It has not been run.
  case neverRan
  case holds
  case fails(CheckFailure)

  public var doesHold: Bool {
    if case .holds = self { return true }
    return false
  }
}

/// Why a check does not hold.
public enum CheckFailure: Equatable, BitwiseCopyable, Sendable {
  /// There was no answer within `--check-timeout`.
  case timedOut
  case refused
  case unreachable
  /// The connection ended before there was an answer.
  case noAnswer
  /// What came is not what the protocol answers.
  case badAnswer
  /// An HTTP status outside 200 to 399.
  case status(UInt16)
  /// The host's name has no address.
  case noAddress
  /// The app has no listening socket.
  case notListening
  /// The app does not listen on this `--port`.
  case notListeningOn(port: UInt16)
  /// The program ended with another code than 0.
  case exited(UInt8)
  /// A signal ended the program.
  case killed(Signal)
  /// The file is not there.
  case missing
  /// The file is there.
  case present
  /// drainit itself could not run it: no descriptor or no memory.
  case noResources

  /// Appends the reason as a person reads it, without a line end.
  public func append(to buffer: inout ByteBuffer) {
    switch self {
    case .timedOut: buffer.append("no answer in time")
    case .refused: buffer.append("connection refused")
    case .unreachable: buffer.append("unreachable")
    case .noAnswer: buffer.append("closed without an answer")
    case .badAnswer: buffer.append("not an HTTP answer")
    case .status(let code):
      buffer.append("status ")
      buffer.append(decimal: UInt64(code))
    case .noAddress: buffer.append("no address")
    case .notListening: buffer.append("nothing listens")
    case .notListeningOn(let port):
      buffer.append("nothing listens on port ")
      buffer.append(decimal: UInt64(port))
    case .exited(let code):
      buffer.append("exit code ")
      buffer.append(decimal: UInt64(code))
    case .killed(let signal):
      buffer.append("ended by ")
      buffer.append(signal)
    case .missing: buffer.append("not there")
    case .present: buffer.append("there")
    case .noResources: buffer.append("drainit is out of descriptors")
    }
  }
}
