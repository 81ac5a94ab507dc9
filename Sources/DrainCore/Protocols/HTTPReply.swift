/// Reads the status of a server's answer, however its bytes arrive (RFC 9112, section 4).
///
/// Nothing is kept of the answer but the number, and no more than `ProtocolLimits.replyBytes` of it
/// are looked at. Interim answers (100 Continue, 103 Early Hints) are passed over.
public struct HTTPReplyParser: BitwiseCopyable, Sendable {
  /// What is known after the bytes so far.
  public enum Progress: Equatable, BitwiseCopyable, Sendable {
    case needMore
    case status(UInt16)
    /// It is not an HTTP answer, or it does not begin.
    case malformed
  }

  private enum Place: UInt8 {
    case letters, major, minor, status, reason
    /// The headers of an interim answer: at a line's first byte, within a line, after the last CR.
    case lineStart, line, lastLineFeed
  }

  private var place = Place.letters
  /// How many bytes of the present part were seen.
  private var seen = 0
  private var status: UInt16 = 0
  /// How many bytes it has taken.
  public private(set) var total = 0

  public init() {}

  /// Goes on with bytes that follow those that were given before.
  public mutating func advance(over bytes: Span<UInt8>) -> Progress {
    for index in 0..<bytes.count {
      total &+= 1
      if !step(bytes[index]) || total > ProtocolLimits.replyBytes { return .malformed }
      if place == .reason && status >= 200 { return .status(status) }
    }
    return .needMore
  }

  private mutating func step(_ byte: UInt8) -> Bool {
    switch place {
    case .letters:
      let name: StaticString = "HTTP/"
      guard byte == name.utf8Start[seen] else { return false }
      seen &+= 1
      if seen == name.utf8CodeUnitCount { go(to: .major) }
    case .major: return takeVersion(byte, endsWith: UInt8(ascii: "."), next: .minor)
    case .minor: return takeVersion(byte, endsWith: space, next: .status)
    case .status: return takeStatus(byte)
    case .reason: if byte == lineFeed { go(to: .lineStart) }
    case .lineStart:
      if byte == carriageReturn {
        go(to: .lastLineFeed)
      } else if byte == lineFeed {
        self.restart()
      } else {
        go(to: .line)
      }
    case .line: if byte == lineFeed { go(to: .lineStart) }
    case .lastLineFeed:
      guard byte == lineFeed else { return false }
      self.restart()
    }
    return true
  }

  private mutating func go(to next: Place) {
    place = next
    seen = 0
  }

  /// The final answer follows the interim one.
  private mutating func restart() {
    go(to: .letters)
    status = 0
  }

  private mutating func takeVersion(_ byte: UInt8, endsWith end: UInt8, next: Place) -> Bool {
    if byte == end && seen == 1 {
      go(to: next)
      return true
    }
    seen &+= 1
    return byte.isDigit && seen == 1
  }

  private mutating func takeStatus(_ byte: UInt8) -> Bool {
    if seen < 3 {
      guard byte.isDigit else { return false }
      status = status &* 10 &+ UInt16(byte &- UInt8(ascii: "0"))
      seen &+= 1
      return true
    }
    // Some servers leave the reason and its blank out.
    guard byte == space || byte == carriageReturn || byte == lineFeed else { return false }
    // 101 answers an upgrade that nobody asked for.
    guard status >= 100, status != 101 else { return false }
    go(to: byte == lineFeed ? .lineStart : .reason)
    if status >= 200 { place = .reason }
    return true
  }
}
