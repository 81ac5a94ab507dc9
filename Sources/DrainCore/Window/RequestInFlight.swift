/// What has come on a connection since the last look.
struct Growth: Equatable, BitwiseCopyable {
  /// How many bytes came; nil where no earlier look has seen the connection.
  var received: UInt32?
  /// How many bytes of our own went out.
  var sent: UInt32 = 0
  /// How many segments they came in; 0 where the kernel does not say.
  var segments: UInt32 = 0
  /// Whether a request was in flight on it at the last look.
  var wasInFlight = false

  /// Whether a request's worth of bytes came, or something small that was answered: a GET that is repeated on
  /// HTTP/2 is no longer than a ping, but its answer is.
  var isRequest: Bool {
    guard let received else { return false }
    let least = ConnectionLedger.keepAliveBytes
    return received > least || (received > 0 && sent > least)
  }

  /// Whether all that came are frames of the protocol's own, such as a pong or a WINDOW_UPDATE.
  var isSmall: Bool? {
    guard let received else { return nil }
    return received <= UInt32(ConnectionLedger.keepAliveBytes) &* max(segments, 1)
  }
}

extension SocketRow {
  /// What never ends is not a request that ends soon: syslog, StatsD, a subscription.
  private static var longestWait: UInt32 { 30_000 }
  /// How long after the last byte a reaction may be the begin of a request, where nothing tells.
  private static var longestDoubt: UInt32 { 5_000 }
  /// A first request comes in one tick with its connection, and its answer may go out in the same one:
  /// six ticks at HZ 250.
  private static var sameTick: UInt32 { 24 }

  /// Whether a request was received on it that is not answered yet, or not wholly sent.
  ///
  /// The kernel knows no requests. It knows when the last byte came and when the last one went, what is
  /// unread and what is unsent; that errs to holding, and lets go of everything within 30 seconds. What it
  /// cannot see is a second request behind the first one's answer: HTTP/2 with several at a time, pipelining,
  /// and a stream between two of its events.
  func isInFlight(_ growth: Growth) -> Bool {
    guard let bytesReceived else { return false }
    let quiet = min(sinceLastReceived, sinceLastSent)
    if unsent > 0 && quiet < SocketRow.longestWait { return true }
    // Until our FIN is acknowledged what was sent before it may lie in the kernel, or be under way.
    if state == .finWait1 || state == .closing { return quiet < SocketRow.longestWait }
    // A closing app reads no more, and answers no more.
    if state != .established && state != .closeWait { return false }
    // The peer's FIN is a byte of both counts (tcp(7): it takes a sequence number).
    let fin: UInt32 = state == .closeWait ? 1 : 0
    let isRecent = sinceLastReceived < SocketRow.longestWait
    if receiveQueue > fin && isRecent { return true }
    if bytesReceived <= UInt64(fin) { return false }
    if segmentsSent == 0 { return isRecent }
    if sinceLastReceived == sinceLastSent { return sinceLastReceived < SocketRow.sameTick }
    if sinceLastReceived > sinceLastSent { return false }
    // It came after the last answer: a request, unless it is only what the peer says to that answer.
    let reaction = UInt64(roundTrip) / 500 &+ 50
    if UInt64(sinceLastSent &- sinceLastReceived) > reaction { return isRecent }
    if growth.received == 0 {
      return growth.wasInFlight && sinceLastReceived < SocketRow.longestDoubt
    }
    return growth.isSmall != true && sinceLastReceived < SocketRow.longestDoubt
  }
}
