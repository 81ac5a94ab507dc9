/// A TCP state as the kernel numbers it (<net/tcp_states.h>); UDP uses `established` and `close`.
public struct SocketState: Equatable, BitwiseCopyable, Sendable {
  public let number: UInt8

  public init(_ number: UInt8) { self.number = number }

  public static var established: SocketState { SocketState(1) }
  public static var synReceived: SocketState { SocketState(3) }
  public static var finWait1: SocketState { SocketState(4) }
  public static var finWait2: SocketState { SocketState(5) }
  public static var close: SocketState { SocketState(7) }
  public static var closeWait: SocketState { SocketState(8) }
  public static var lastAck: SocketState { SocketState(9) }
  public static var listen: SocketState { SocketState(10) }
  public static var closing: SocketState { SocketState(11) }

  /// The state's bit in a request.
  public var bit: UInt32 { number < 32 ? 1 << UInt32(number) : 0 }
}

/// One socket as the kernel describes it, from netlink (sock_diag(7)) or from /proc/net (proc(5)).
public struct SocketRow: Equatable, BitwiseCopyable, Sendable {
  public var state: SocketState
  public var localPort: UInt16
  public var peerPort: UInt16
  public var local: IPAddress
  public var peer: IPAddress
  /// The kernel's name of the socket, never given to another while the machine runs; 0 from /proc.
  public var cookie: UInt64 = 0
  /// A listener's connections that wait to be accepted; else unread bytes.
  public var receiveQueue: UInt32
  /// The user who made it.
  public var user: UInt32
  /// Its number in /proc/PID/fd; 0 for a connection that nobody has accepted yet.
  public var inode: UInt32
  /// INET_DIAG_CGROUP_ID (Linux 5.8): the cgroup it was made in; 0 where the kernel does not say.
  public var cgroup: UInt64 = 0
  /// INET_DIAG_SKV6ONLY, of listeners alone: whether it takes no IPv4 connection.
  public var isV6Only = false
  /// tcpi_bytes_received: the peer's payload so far; nil where no tcp_info came.
  public var bytesReceived: UInt64?
  /// tcpi_advmss: the most that a segment may carry, in bytes; 0 where it is not known.
  public var largestSegment: UInt16 = 0
  /// tcpi_last_data_recv: milliseconds since the peer's last payload, or since the connection was made.
  public var sinceLastReceived: UInt32 = 0
  /// tcpi_data_segs_in, its lower half: how many segments with payload came; 0 before Linux 4.6.
  public var segmentsReceived: UInt16 = 0
  /// tcpi_last_data_sent: milliseconds since our last payload, or since the connection was made.
  public var sinceLastSent: UInt32 = 0
  /// tcpi_bytes_sent, before Linux 4.19 tcpi_bytes_acked: our payload so far.
  public var bytesSent: UInt64 = 0
  /// tcpi_notsent_bytes: what the app has written and the peer has no room for; 0 before Linux 4.6.
  public var unsent: UInt32 = 0
  /// tcpi_data_segs_out: how many segments with payload were sent; nil before Linux 4.6.
  public var segmentsSent: UInt32?
  /// tcpi_rtt: the round trip, smoothed, in microseconds.
  public var roundTrip: UInt32 = 0

  /// The shortest message that can be a row: `struct inet_diag_msg`.
  static var length: Int { 72 }

  /// Reads a `struct inet_diag_msg` and its attributes; nil where it is short or of another family.
  ///
  /// Source: <linux/inet_diag.h>, <linux/tcp.h>.
  public init?(_ datagram: Span<UInt8>, from start: Int, to end: Int) {
    if start < 0 || end > datagram.count || end &- start < SocketRow.length { return nil }
    let family = datagram.byte(start)
    // AF_INET and AF_INET6 (<linux/socket.h>).
    if family != 2 && family != 10 { return nil }
    let isV4 = family == 2
    state = SocketState(datagram.byte(start &+ 1))
    localPort = datagram.network16(at: start &+ 4)
    peerPort = datagram.network16(at: start &+ 6)
    local = IPAddress(network: datagram, at: start &+ 8, isV4: isV4)
    peer = IPAddress(network: datagram, at: start &+ 24, isV4: isV4)
    cookie = datagram.host64(at: start &+ 44)
    receiveQueue = datagram.host32(at: start &+ 56)
    user = datagram.host32(at: start &+ 64)
    inode = datagram.host32(at: start &+ 68)
    var attributes = NetlinkAttributes(from: start &+ SocketRow.length, to: end)
    while let attribute = attributes.next(in: datagram) {
      let length = attribute.end &- attribute.start
      switch attribute.type {
      case 2 where length >= 136:  // INET_DIAG_INFO; bytes_received is there since Linux 4.1
        readCounters(datagram, at: attribute.start, length)
      case 11 where length >= 1:  // INET_DIAG_SKV6ONLY
        isV6Only = datagram.byte(attribute.start) != 0
      case 21 where length >= 8:  // INET_DIAG_CGROUP_ID
        cgroup = datagram.host64(at: attribute.start)
      default: break
      }
    }
  }

  /// Reads a `struct tcp_info`, which has grown with the kernel: what is beyond its end is not known.
  private mutating func readCounters(_ datagram: Span<UInt8>, at start: Int, _ length: Int) {
    sinceLastSent = datagram.host32(at: start &+ 44)
    sinceLastReceived = datagram.host32(at: start &+ 52)
    roundTrip = datagram.host32(at: start &+ 68)
    largestSegment = UInt16(clamping: datagram.host32(at: start &+ 84))
    bytesSent = datagram.host64(at: start &+ 120)
    bytesReceived = datagram.host64(at: start &+ 128)
    if length >= 160 {
      unsent = datagram.host32(at: start &+ 144)
      let segments = datagram.host32(at: start &+ 152)
      segmentsReceived = UInt16(truncatingIfNeeded: segments)
      segmentsSent = datagram.host32(at: start &+ 156)
    }
    if length >= 208 { bytesSent = datagram.host64(at: start &+ 200) }
  }

  /// A row whose fields are known.
  init(
    state: SocketState, local: IPAddress, localPort: UInt16, peer: IPAddress, peerPort: UInt16,
    receiveQueue: UInt32, user: UInt32, inode: UInt32
  ) {
    self.state = state
    self.local = local
    self.localPort = localPort
    self.peer = peer
    self.peerPort = peerPort
    self.receiveQueue = receiveQueue
    self.user = user
    self.inode = inode
  }
}
