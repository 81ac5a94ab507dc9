/// The PROXY protocol's header before a request (HAProxy's proxy-protocol.txt, versions 1 and 2).
///
/// A balancer that is told to say it says it in its health checks, too: an NLB, HAProxy's
/// `check-send-proxy`, nginx. What it tells is not used: who asks is the TCP peer, since anybody can
/// write such a header.
enum ProxyHeader {
  /// What a connection's first bytes are.
  enum Sight: Equatable, BitwiseCopyable {
    /// There is none.
    case none
    /// It may become one.
    case needMore
    /// It is whole, and so long.
    case whole(Int)
    /// It begins as one and is none.
    case malformed
  }

  private static var start1: StaticString { "PROXY " }
  private static var start2: StaticString { "\r\n\r\n\0\r\nQUIT\n" }
  // Section 2.1: with the line's end.
  private static var longestLine: Int { 107 }
  private static var head2: Int { 16 }

  /// Looks at a connection's bytes so far.
  static func look(at bytes: Span<UInt8>) -> Sight {
    if begins(bytes, start1) {
      return bytes.count < start1.utf8CodeUnitCount ? .needMore : line(bytes)
    }
    if begins(bytes, start2) { return bytes.count < head2 ? .needMore : binary(bytes) }
    return .none
  }

  /// Whether the bytes begin as `text` does, as far as they go.
  private static func begins(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
    for index in 0..<min(bytes.count, text.utf8CodeUnitCount)
    where bytes[index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  /// Version 1: `PROXY TCP4 1.2.3.4 5.6.7.8 1111 80`, or `PROXY UNKNOWN` with whatever follows.
  private static func line(_ bytes: Span<UInt8>) -> Sight {
    guard let end = bytes.before(longestLine).index(of: lineFeed) else {
      return bytes.count < longestLine ? .needMore : .malformed
    }
    guard bytes[end &- 1] == carriageReturn else { return .malformed }
    let whole = Sight.whole(end &+ 1)
    let text = bytes.cut(start1.utf8CodeUnitCount, end &- 1)
    if isEqual(text, "UNKNOWN") || hasPrefix(text, "UNKNOWN ") { return whole }
    guard hasPrefix(text, "TCP4 ") || hasPrefix(text, "TCP6 ") else { return .malformed }
    let isV4 = text[3] == UInt8(ascii: "4")
    var start = 5
    for part in 0..<4 {
      let isLast = part == 3
      let stop = text.index(of: space, from: start) ?? text.count
      if (stop == text.count) != isLast { return .malformed }
      let word = text.cut(start, stop)
      let isGood =
        part < 2
        ? IPAddress(parsing: word) != nil && (word.index(of: UInt8(ascii: ":")) == nil) == isV4
        : word.decimal(atMost: UInt64(UInt16.max)) != nil
      if !isGood { return .malformed }
      start = stop &+ 1
    }
    return whole
  }

  /// Version 2: the signature, version and command, family, the length of what follows, and that.
  private static func binary(_ bytes: Span<UInt8>) -> Sight {
    let command = bytes[12]
    let family = bytes[13]
    let length = Int(bytes[14]) << 8 | Int(bytes[15])
    // Section 2.2: LOCAL (0) or PROXY (1) of version 2; what is unassigned must be refused.
    guard command == 0x20 || command == 0x21 else { return .malformed }
    // LOCAL is a check of the proxy's own: the family is to be ignored.
    if command == 0x21 {
      guard family >> 4 <= 3, family & 0xf <= 2 else { return .malformed }
      let least: InlineArray<4, Int> = [0, 12, 36, 216]
      if length < least[Int(family >> 4)] { return .malformed }
    }
    let whole = head2 &+ length
    if whole >= EndpointLimits.headBytes { return .malformed }
    return bytes.count < whole ? .needMore : .whole(whole)
  }
}
