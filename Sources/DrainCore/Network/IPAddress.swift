/// An IPv6 address, or an IPv4 one as its v4-mapped form, so that both are compared the same way.
public struct IPAddress: Equatable, BitwiseCopyable, Sendable {
  /// The address as a number: its first byte is the highest.
  public let bits: UInt128

  public init(bits: UInt128) { self.bits = bits }

  /// Reads four bytes (AF_INET) or sixteen (AF_INET6) in network order.
  @inline(never) init(network bytes: Span<UInt8>, at offset: Int, isV4: Bool) {
    var number: UInt128 = isV4 ? 0xffff : 0
    for index in 0..<(isV4 ? 4 : 16) {
      number = number << 8 | UInt128(bytes.byte(offset &+ index))
    }
    bits = number
  }

  /// An IPv4 address from its number.
  public static func v4(_ number: UInt32) -> IPAddress {
    IPAddress(bits: 0xffff << 32 | UInt128(number))
  }

  /// Whether this is an IPv4 address (::ffff:0:0/96, RFC 4291 section 2.5.5.2).
  public var isV4: Bool { bits >> 32 == 0xffff }

  /// Whether it is no address, but stands for all: 0.0.0.0 or ::.
  public var isUnspecified: Bool { bits == 0 || bits == 0xffff << 32 }

  /// Whether it is this machine itself: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool { bits == 1 || bits >> 24 == 0xffff << 8 | 127 }
}
