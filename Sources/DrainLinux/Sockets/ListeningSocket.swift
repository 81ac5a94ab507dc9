import CLinux
import DrainCore

/// Why the endpoint has no socket to listen on.
public enum ListenError: Error, Equatable, BitwiseCopyable, Sendable {
  /// Somebody has the port.
  case taken
  /// Another reason, such as an address that is not ours or a port that is reserved.
  case failed(Errno)
}

/// Makes the socket that the endpoint listens on.
public enum ListeningSocket {
  /// Binds and listens; without an address on every one, IPv6 and IPv4 at once, or IPv4 where there
  /// is no IPv6.
  ///
  /// - Parameters:
  ///   - address: nil for every address.
  ///   - port: 0 lets the kernel choose.
  public static func open(address: IPAddress?, port: UInt16) throws(ListenError)
    -> FileDescriptor
  {
    if let address { return try open(SocketAddress(address, port: port)) }
    do {
      return try open(SocketAddress(IPAddress(bits: 0), port: port))
    } catch {
      // The kernel was started without IPv6 (EAFNOSUPPORT), or it is switched off (EADDRNOTAVAIL).
      if error == .taken { throw error }
      return try open(SocketAddress(.v4(0), port: port))
    }
  }

  private static func open(_ address: SocketAddress) throws(ListenError) -> FileDescriptor {
    do {
      let descriptor = try SystemCall.streamSocket(address.family)
      let socket = descriptor.number
      if address.family == AF_INET6 {
        try SystemCall.setOption(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
      }
      // A restarted container finds its port in TIME_WAIT. SO_REUSEPORT would share it with a stranger.
      try SystemCall.setOption(socket, SOL_SOCKET, SO_REUSEADDR, 1)
      try SystemCall.bind(socket, to: address)
      // With SO_REUSEADDR on both sides it is listen that says that the port is taken (socket(7)).
      try SystemCall.listen(socket, backlog: EndpointLimits.backlog)
      return descriptor
    } catch {
      throw error.number == EADDRINUSE ? .taken : .failed(error)
    }
  }
}
