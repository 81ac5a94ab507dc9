import CLinux
import DrainCore

/// An IPv4 or IPv6 address and a port, as the kernel takes it (ip(7), ipv6(7)).
public struct SocketAddress: Sendable {
  /// AF_INET or AF_INET6.
  public let family: Int32
  private var storage: sockaddr_in6

  /// Makes an address of a number and a port.
  public init(_ address: IPAddress, port: UInt16) {
    storage = sockaddr_in6()
    if address.isV4 {
      family = AF_INET
      var short = sockaddr_in()
      short.sin_family = sa_family_t(AF_INET)
      short.sin_port = port.bigEndian
      short.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.bits).bigEndian
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: short, as: sockaddr_in.self) }
    } else {
      family = AF_INET6
      storage.sin6_family = sa_family_t(AF_INET6)
      storage.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &storage.sin6_addr) {
        $0.storeBytes(of: address.bits.bigEndian, as: UInt128.self)
      }
    }
  }

  /// Lets `body` fill the address in, as getsockname(2) and accept4(2) do; nil where it fails or the
  /// family is another.
  init?(filledBy body: (UnsafeMutableRawPointer, UnsafeMutablePointer<socklen_t>) -> Int32) {
    storage = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let result = withUnsafeMutablePointer(to: &storage) { body($0, &length) }
    family = Int32(storage.sin6_family)
    if result < 0 || (family != AF_INET && family != AF_INET6) { return nil }
  }

  /// The address, an IPv4 one as its v4-mapped form.
  public var address: IPAddress {
    if family == AF_INET {
      let short = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
      return .v4(UInt32(bigEndian: short.sin_addr.s_addr))
    }
    let bits = withUnsafeBytes(of: storage.sin6_addr) { $0.loadUnaligned(as: UInt128.self) }
    return IPAddress(bits: UInt128(bigEndian: bits))
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
