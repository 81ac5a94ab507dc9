import CLinux
import DrainCore

/// A netlink socket of the SOCK_DIAG family that never waits (netlink(7), sock_diag(7)).
///
/// It needs no privilege. gVisor, old runtimes and some seccomp profiles refuse it.
public struct NetlinkSocket: ~Copyable {
  let descriptor: FileDescriptor

  /// Opens one that is a member of the multicast groups whose bits are set (group 1 is bit 0).
  public init(groups: UInt32 = 0) throws(Errno) {
    let kind = linux_SOCK_RAW | linux_SOCK_CLOEXEC | linux_SOCK_NONBLOCK
    let opened = FileDescriptor(owning: socket(AF_NETLINK, kind, NETLINK_SOCK_DIAG))
    guard let opened else { throw Errno.last }
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = groups
    let length = socklen_t(MemoryLayout<sockaddr_nl>.size)
    if groups != 0 && linux_bind(opened.number, &address, length) != 0 { throw Errno.last }
    descriptor = opened
  }

  /// The descriptor, for epoll.
  public var number: Int32 { descriptor.number }

  /// Asks for more room for what is multicast, up to net.core.rmem_max; it may be refused.
  public borrowing func reserve(bytes: Int32) {
    var wanted = bytes
    let length = socklen_t(MemoryLayout<Int32>.size)
    _ = setsockopt(descriptor.number, SOL_SOCKET, SO_RCVBUF, &wanted, length)
  }

  /// Sends one request to the kernel.
  public borrowing func send(_ request: borrowing ByteBuffer) throws(Errno) {
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    let length = socklen_t(MemoryLayout<sockaddr_nl>.size)
    while true {
      let sent = request.withBytes {
        linux_sendto(descriptor.number, $0.baseAddress, $0.count, 0, &address, length)
      }
      if sent >= 0 { return }
      let error = Errno.last
      if !error.isInterrupted { throw error }
    }
  }

  /// Receives one datagram of the kernel's into the buffer, which is emptied first.
  ///
  /// ENOBUFS says that something multicast was lost. What another process sent is passed over. A
  /// datagram longer than the buffer is EMSGSIZE, since its rest is gone.
  public borrowing func receive(into buffer: inout ByteBuffer) -> Transfer {
    // A bound, so that a process that floods us with datagrams of its own cannot hold the loop.
    for _ in 0..<16 {
      buffer.removeAll()
      var address = sockaddr_nl()
      var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
      var received = 0
      buffer.fill {
        received = linux_recvfrom(
          descriptor.number, $0.baseAddress, $0.count, linux_MSG_TRUNC, &address, &length)
        return received
      }
      if received < 0 {
        let error = Errno.last
        if error.isInterrupted { continue }
        return error.isWouldBlock ? .wouldBlock : .failed(error)
      }
      if received > buffer.capacity { return .failed(Errno(EMSGSIZE)) }
      if address.nl_pid == 0 && received > 0 { return .bytes(received) }
    }
    return .wouldBlock
  }
}
