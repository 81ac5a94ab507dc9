/// How many sockets of one family a network namespace has (proc_net(5), sockstat and sockstat6).
///
/// A short text, which costs a quarter of a list and spares the list of a kind of which there is none.
public struct SocketCounts: Equatable, BitwiseCopyable, Sendable {
  /// TCP sockets that listen or are connected.
  public let tcp: UInt64
  /// UDP sockets that are bound.
  public let udp: UInt64

  /// Reads sockstat, or sockstat6 where `isV6`; nil where the text is not that.
  public init?(_ text: Span<UInt8>, isV6: Bool) {
    guard let tcp = SocketCounts.count(text, isV6 ? "TCP6: inuse " : "TCP: inuse "),
      let udp = SocketCounts.count(text, isV6 ? "UDP6: inuse " : "UDP: inuse ")
    else { return nil }
    self.tcp = tcp
    self.udp = udp
  }

  private static func count(_ text: Span<UInt8>, _ name: StaticString) -> UInt64? {
    var start = 0
    while start < text.count {
      let isNamed = text.begins(at: start, with: name)
      if isNamed { start &+= name.utf8CodeUnitCount }
      var end = start
      while end < text.count && text[end].isDigit { end &+= 1 }
      if isNamed { return text.number(start..<end) }
      while end < text.count && text[end] != UInt8(ascii: "\n") { end &+= 1 }
      start = end &+ 1
    }
    return nil
  }
}
