import CLinux

/// An IPv4 or IPv6 address and a port, as the kernel takes it (ip(7), ipv6(7)).
public struct SocketAddress: Sendable {
  /// AF_INET or AF_INET6.
  public let family: Int32
  private var storage: sockaddr_in6

  /// Makes `[::]:port`, or `0.0.0.0:port`.
  public static func any(port: UInt16, isV6: Bool) -> SocketAddress {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    if !isV6 {
      bytes[10] = 0xff
      bytes[11] = 0xff
    }
    return SocketAddress(bytes, port: port)
  }

  /// Makes `127.0.0.1:port`, or `[::1]:port`.
  public static func loopback(port: UInt16, isV6: Bool) -> SocketAddress {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    bytes[15] = 1
    if !isV6 {
      bytes[10] = 0xff
      bytes[11] = 0xff
      bytes[12] = 127
    }
    return SocketAddress(bytes, port: port)
  }

  /// Makes an address of 16 bytes in network order; an IPv4 one is v4-mapped (RFC 4291, 2.5.5.2).
  public init(_ bytes: InlineArray<16, UInt8>, port: UInt16) {
    storage = sockaddr_in6()
    var isV4 = bytes[10] == 0xff && bytes[11] == 0xff
    for index in 0..<10 where bytes[index] != 0 { isV4 = false }
    if isV4 {
      family = AF_INET
      withUnsafeMutableBytes(of: &storage) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { field in
          for index in 0..<4 { field[index] = bytes[12 &+ index] }
        }
        $0.storeBytes(of: address, as: sockaddr_in.self)
      }
    } else {
      family = AF_INET6
      storage.sin6_family = sa_family_t(AF_INET6)
      storage.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &storage.sin6_addr) { field in
        for index in 0..<16 { field[index] = bytes[index] }
      }
    }
  }

  /// The port, which is at the same place in both forms.
  public var port: UInt16 { UInt16(bigEndian: storage.sin6_port) }

  /// Calls `body` with what bind(2) and connect(2) take.
  func withPointer<R>(_ body: (UnsafeRawPointer, socklen_t) -> R) -> R {
    let length =
      family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return withUnsafeBytes(of: storage) {
      // A value's storage is never empty, so it has a base address.
      body($0.baseAddress.unsafelyUnwrapped, socklen_t(length))
    }
  }
}
