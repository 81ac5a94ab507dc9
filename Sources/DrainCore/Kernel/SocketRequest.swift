/// What to ask the kernel's socket tables for: one dump of one family and protocol.
public struct SocketRequest: Equatable, BitwiseCopyable, Sendable {
  /// AF_INET6 instead of AF_INET; an IPv4 connection of a `[::]` listener is here too.
  public var isV6: Bool
  /// UDP instead of TCP.
  public var isDatagram: Bool
  /// The bits of the states wanted.
  public var states: UInt32
  /// Whether each row shall carry its tcp_info.
  public var wantsCounters: Bool

  public init(isV6: Bool, isDatagram: Bool, states: UInt32, wantsCounters: Bool = false) {
    self.isV6 = isV6
    self.isDatagram = isDatagram
    self.states = states
    self.wantsCounters = wantsCounters
  }

  /// Every listening TCP socket.
  public static func listeners(isV6: Bool) -> SocketRequest {
    SocketRequest(isV6: isV6, isDatagram: false, states: SocketState.listen.bit)
  }

  /// Every UDP socket that is bound and not connected: one that takes datagrams from anybody.
  public static func datagramReceivers(isV6: Bool) -> SocketRequest {
    SocketRequest(isV6: isV6, isDatagram: true, states: SocketState.close.bit)
  }

  /// Every TCP connection that may still carry a request, and the listeners, with their counters.
  public static func connections(isV6: Bool) -> SocketRequest {
    let states: InlineArray<8, SocketState> = [
      .established, .synReceived, .finWait1, .finWait2, .closeWait, .lastAck, .closing, .listen,
    ]
    var bits: UInt32 = 0
    for index in 0..<8 { bits |= states[index].bit }
    return SocketRequest(isV6: isV6, isDatagram: false, states: bits, wantsCounters: true)
  }

  /// Writes the request as one netlink message into an empty buffer; false where it does not fit.
  ///
  /// With `ports` the kernel itself leaves out what is bound to other local ports.
  /// Source: `struct inet_diag_req_v2` in <linux/inet_diag.h>.
  public func write(to buffer: inout ByteBuffer, sequence: UInt32, ports: PortSet? = nil) -> Bool {
    var filterLength = 0
    if let ports { filterLength = 4 &+ ports.rangeCount &* PortSet.filterStride }
    buffer.removeAll()
    buffer.append(host32: UInt32(truncatingIfNeeded: 16 &+ 56 &+ filterLength))
    buffer.append(host16: NetlinkMessage.socketByFamily)
    buffer.append(host16: 0x301)  // NLM_F_REQUEST | NLM_F_DUMP
    buffer.append(host32: sequence)
    buffer.append(host32: 0)
    buffer.append(isV6 ? 10 : 2)
    buffer.append(isDatagram ? 17 : 6)
    buffer.append(wantsCounters ? 1 << (2 - 1) : 0)  // INET_DIAG_INFO, attribute 2
    buffer.append(0)
    buffer.append(host32: states)
    for _ in 0..<12 { buffer.append(host32: 0) }  // any address, any port
    if let ports {
      buffer.append(host16: UInt16(truncatingIfNeeded: filterLength))
      buffer.append(host16: 1)  // INET_DIAG_REQ_BYTECODE
      ports.writeFilter(to: &buffer)
    }
    return buffer.cut == 0
  }
}

extension ByteBuffer {
  /// Appends a 16-bit number in host order (little-endian on amd64 and arm64).
  mutating func append(host16 number: UInt16) {
    append(UInt8(truncatingIfNeeded: number))
    append(UInt8(truncatingIfNeeded: number >> 8))
  }

  /// Appends a 32-bit number in host order.
  mutating func append(host32 number: UInt32) {
    append(host16: UInt16(truncatingIfNeeded: number))
    append(host16: UInt16(truncatingIfNeeded: number >> 16))
  }
}
