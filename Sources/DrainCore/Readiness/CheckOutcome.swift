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
  /// Nor does its program end: SIGKILL was refused.
  case notKilled
  case refused
  /// A UNIX socket has as many connections waiting to be accepted as it may.
  case queueFull
  case unreachable
  /// The connection ended before there was an answer.
  case noAnswer
  /// What came is not what the protocol answers.
  case badAnswer
  /// The server answers, and says that the service does not (grpc.health.v1, ServingStatus).
  case notServing(status: UInt32)
  /// The server has refused the call: most likely it has no health service.
  case callRefused
  /// The call failed, with this status of gRPC's.
  case callFailed(status: UInt32)
  /// An HTTP status outside 200 to 399.
  case status(UInt16)
  /// The host's name has no address.
  case noAddress
  /// The app has no listening socket.
  case notListening
  /// It has none of TCP, but something else to listen on.
  case listensElsewhere(OtherListener)
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
  /// Whether the file is there cannot be seen.
  case notAccessible
  /// The app has not said that it is ready.
  case notSaid
  /// drainit itself could not run it: no descriptor or no memory.
  case noResources

  /// Appends the reason as a person reads it, without a line end; `name` is the check's.
  public func append(to buffer: inout ByteBuffer, of name: [UInt8] = []) {
    switch self {
    case .timedOut: buffer.append("no answer in time")
    case .notKilled: buffer.append("no answer in time, and SIGKILL was refused: it runs on")
    case .refused: buffer.append("connection refused")
    case .queueFull: buffer.append("its accept queue is full")
    case .unreachable: buffer.append("unreachable")
    case .noAnswer: buffer.append("closed without an answer")
    case .badAnswer: buffer.append("an answer of another protocol")
    case .notServing(let status):
      let words: Literal = "0 UNKNOWN\n2 NOT_SERVING\n3 SERVICE_UNKNOWN"
      buffer.append(UInt64(status), in: words, else: "health status ")
    case .callRefused: buffer.append("call refused: is the health service registered?")
    // NOT_FOUND: a health service's word for a service that it was not told of.
    case .callFailed(status: 5):
      buffer.append("unknown service")
      guard let slash = name.span.lastIndex(of: UInt8(ascii: "/")) else { return }
      buffer.append(" ")
      buffer.append(name.span.from(slash &+ 1))
    case .callFailed(let status):
      buffer.append("call failed: grpc-status ")
      buffer.append(decimal: UInt64(status))
    case .status(let code):
      buffer.append("status ")
      buffer.append(decimal: UInt64(code))
    case .noAddress: buffer.append("no address")
    case .notListening, .listensElsewhere(.none): buffer.append("nothing listens")
    case .listensElsewhere(.datagrams(let port)):
      buffer.append("no TCP listener, but UDP port ")
      buffer.append(decimal: UInt64(port))
      buffer.append(": --ready none?")
    case .listensElsewhere(.local):
      buffer.append("no TCP listener, but a UNIX socket: --ready unix:PATH?")
    case .notListeningOn(let port):
      buffer.append("nothing listens on port ")
      buffer.append(decimal: UInt64(port))
    case .exited(let code):
      buffer.append("exit code ")
      buffer.append(decimal: UInt64(code))
      // What a child ends with where its program cannot be executed.
      if code == 127 { buffer.append(" (not found?)") }
    case .killed(let signal):
      buffer.append("ended by ")
      buffer.append(signal)
    case .missing: buffer.append("not there")
    case .present: buffer.append("there")
    case .notAccessible: buffer.append("it cannot be looked at")
    case .notSaid: buffer.append("the app has not said so")
    case .noResources: buffer.append("drainit is out of descriptors")
    }
  }
}
