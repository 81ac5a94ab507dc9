/// One open connection as the last look saw it: 16 bytes.
///
/// Of its counts the lower bits are enough: only their growth between two looks matters.
struct ConnectionRecord: BitwiseCopyable {
  /// The kernel's name of the socket.
  let cookie: UInt64
  // From the lowest: 24 bits of bytes received, 14 of bytes sent, 10 of segments received, one whether a
  // request was in flight, 15 of the look.
  private var word: UInt64 = 0

  init(_ row: SocketRow, seen look: UInt16) {
    cookie = row.cookie
    seen = look
    update(row)
  }

  private static var receivedMask: UInt64 { 1 << 24 &- 1 }
  private static var sentMask: UInt64 { 1 << 14 &- 1 }
  private static var segmentsMask: UInt64 { 1 << 10 &- 1 }
  private static var flightBit: UInt64 { 1 << 48 }

  /// The last number that a look can have.
  static var lastLook: UInt16 { 1 << 15 &- 1 }

  /// The number of the last look that saw it; 0 where it has closed.
  var seen: UInt16 {
    get { UInt16(truncatingIfNeeded: word >> 49) }
    set { word = word & (1 << 49 &- 1) | UInt64(newValue & ConnectionRecord.lastLook) << 49 }
  }

  /// Whether a request was in flight on it then.
  var wasInFlight: Bool {
    get { word & ConnectionRecord.flightBit != 0 }
    set {
      word = newValue ? word | ConnectionRecord.flightBit : word & ~ConnectionRecord.flightBit
    }
  }

  /// What has come and gone on it since.
  func growth(_ row: SocketRow) -> Growth {
    // Some rows have no counts, such as those of a reset.
    guard let bytes = row.bytesReceived else { return Growth(wasInFlight: wasInFlight) }
    let received = (bytes &- word) & ConnectionRecord.receivedMask
    let sent = (row.bytesSent &- word >> 24) & ConnectionRecord.sentMask
    let segments = (UInt64(row.segmentsReceived) &- word >> 38) & ConnectionRecord.segmentsMask
    return Growth(
      received: UInt32(truncatingIfNeeded: received), sent: UInt32(truncatingIfNeeded: sent),
      segments: UInt32(truncatingIfNeeded: segments), wasInFlight: wasInFlight)
  }

  /// Takes over its counts.
  mutating func update(_ row: SocketRow) {
    if row.bytesReceived == nil { return }
    let upper = word & ~(1 << 48 &- 1)
    word =
      upper | (row.bytesReceived ?? 0) & ConnectionRecord.receivedMask
      | (row.bytesSent & ConnectionRecord.sentMask) << 24
      | (UInt64(row.segmentsReceived) & ConnectionRecord.segmentsMask) << 38
  }
}
