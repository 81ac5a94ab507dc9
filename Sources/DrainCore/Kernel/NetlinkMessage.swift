/// One message of a netlink datagram: its header, and where its payload lies in the datagram.
///
/// Source: netlink(7); `struct nlmsghdr` in <linux/netlink.h>.
public struct NetlinkMessage: Equatable, BitwiseCopyable, Sendable {
  /// `nlmsg_type`: below 16 a control message, else the protocol's own.
  public let type: UInt16
  /// `nlmsg_seq`: the request's number, 0 in what is multicast.
  public let sequence: UInt32
  /// Where the payload begins in the datagram.
  public let start: Int
  /// Where the payload ends; never beyond the datagram, never before `start`.
  public let end: Int

  /// NLMSG_ERROR: an acknowledgement or an error.
  public static var error: UInt16 { 2 }
  /// NLMSG_DONE: the end of a dump.
  public static var done: UInt16 { 3 }
  /// SOCK_DIAG_BY_FAMILY: a request for sockets, or one of them (sock_diag(7)).
  public static var socketByFamily: UInt16 { 20 }

  static var headerLength: Int { 16 }
}

/// Walks the messages of one netlink datagram.
///
/// A length that contradicts the datagram ends the walk: what follows cannot be told from garbage.
public struct NetlinkMessages: BitwiseCopyable, Sendable {
  private var offset = 0

  public init() {}

  /// The next message, or nil at the end or at the first that is not whole.
  public mutating func next(in datagram: Span<UInt8>) -> NetlinkMessage? {
    let left = datagram.count &- offset
    if left < NetlinkMessage.headerLength { return nil }
    let length = Int(datagram.host32(at: offset))
    if length < NetlinkMessage.headerLength || length > left {
      offset = datagram.count
      return nil
    }
    let message = NetlinkMessage(
      type: datagram.host16(at: offset &+ 4), sequence: datagram.host32(at: offset &+ 8),
      start: offset &+ NetlinkMessage.headerLength, end: offset &+ length)
    // Messages are padded to four bytes; the last one's padding may be missing.
    offset = min(offset &+ (length &+ 3) & ~3, datagram.count)
    return message
  }
}

/// Walks the attributes (`struct nlattr`) of a message's payload.
struct NetlinkAttributes {
  private var offset: Int
  private let end: Int

  /// Walks `from` up to `end`, both clamped to the bytes given to `next`.
  init(from start: Int, to end: Int) {
    offset = start
    self.end = end
  }

  /// The next attribute's type and where its value lies, or nil at the end or at a wrong length.
  mutating func next(in bytes: Span<UInt8>) -> (type: UInt16, start: Int, end: Int)? {
    let limit = min(end, bytes.count)
    if offset < 0 || limit &- offset < 4 { return nil }
    let length = Int(bytes.host16(at: offset))
    if length < 4 || length > limit &- offset { return nil }
    // The two high bits of the type are flags: NLA_F_NESTED, NLA_F_NET_BYTEORDER.
    let found = (
      type: bytes.host16(at: offset &+ 2) & 0x3fff, start: offset &+ 4, end: offset &+ length
    )
    offset = min(offset &+ (length &+ 3) & ~3, limit)
    return found
  }
}

extension ByteBuffer {
  /// The error number that an NLMSG_ERROR or NLMSG_DONE carries: negative, or 0 where there is none.
  public func errorCode(_ message: NetlinkMessage) -> Int32 {
    if message.end &- message.start < 4 { return 0 }
    return Int32(bitPattern: bytes.host32(at: message.start))
  }
}
