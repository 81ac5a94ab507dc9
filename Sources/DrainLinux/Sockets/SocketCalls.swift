import CLinux
import DrainCore

/// The system calls on sockets; none of them ever waits.
extension SystemCall {
  /// Makes a TCP socket that does not block and is closed on exec.
  ///
  /// The corresponding C function is `socket`.
  static func streamSocket(_ family: Int32) throws(Errno) -> FileDescriptor {
    try socket(family, linux_SOCK_STREAM)
  }

  /// Makes a datagram socket of this machine's own (unix(7)) that does not block and is closed on exec.
  ///
  /// The corresponding C function is `socket`.
  static func datagramSocket() throws(Errno) -> FileDescriptor {
    try localSocket(linux_SOCK_DGRAM)
  }

  /// Makes a UNIX socket of a kind that does not block and is closed on exec.
  ///
  /// The corresponding C function is `socket`.
  static func localSocket(_ kind: Int32) throws(Errno) -> FileDescriptor {
    try socket(AF_UNIX, kind)
  }

  @inline(never) private static func socket(_ family: Int32, _ kind: Int32) throws(Errno)
    -> FileDescriptor
  {
    let kind = kind | linux_SOCK_CLOEXEC | linux_SOCK_NONBLOCK
    let number = CLinux.socket(family, kind, 0)
    guard let descriptor = FileDescriptor(owning: number) else { throw Errno.last }
    return descriptor
  }

  /// Sets an option whose value is a number.
  ///
  /// The corresponding C function is `setsockopt`.
  static func setOption(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32)
    throws(Errno)
  {
    var value = value
    let length = socklen_t(MemoryLayout<Int32>.size)
    if setsockopt(socket, level, option, &value, length) != 0 { throw Errno.last }
  }

  /// The corresponding C function is `bind`.
  static func bind(_ socket: Int32, to address: SocketAddress) throws(Errno) {
    if address.withPointer({ linux_bind(socket, $0, $1) }) != 0 { throw Errno.last }
  }

  /// The corresponding C function is `listen`.
  static func listen(_ socket: Int32, backlog: Int32) throws(Errno) {
    if CLinux.listen(socket, backlog) != 0 { throw Errno.last }
  }

  /// Takes a connection that waits to be accepted; nil where there is none. `peer` becomes the other
  /// side's address.
  ///
  /// The corresponding C function is `accept4`.
  static func accept(_ listener: Int32, from peer: inout IPAddress) throws(Errno)
    -> FileDescriptor?
  {
    let flags = linux_SOCK_CLOEXEC | linux_SOCK_NONBLOCK
    var number = -1
    let address = SocketAddress(filledBy: { place, length in
      number = retrying { Int(linux_accept4(listener, place, length, flags)) }
      return Int32(truncatingIfNeeded: number)
    })
    if let address { peer = address.address }
    if let descriptor = FileDescriptor(owning: Int32(truncatingIfNeeded: number)) {
      return descriptor
    }
    let error = Errno.last
    if error.isWouldBlock { return nil }
    throw error
  }

  /// Begins to connect; true where it is done already, false where the socket's next readiness to
  /// write says that it has ended.
  ///
  /// The corresponding C function is `connect`.
  static func connect(_ socket: Int32, to address: SocketAddress) throws(Errno) -> Bool {
    if address.withPointer({ linux_connect(socket, $0, $1) }) == 0 { return true }
    let error = Errno.last
    // connect(2): an interrupted one goes on as one in progress does, and must not be made again.
    if error.number == EINPROGRESS || error.isInterrupted { return false }
    throw error
  }

  /// The error that a socket has stored, such as why a connect failed; 0 for none (socket(7)).
  static func pendingError(_ socket: Int32) -> Errno {
    var number: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    if getsockopt(socket, SOL_SOCKET, SO_ERROR, &number, &length) != 0 { return Errno.last }
    return Errno(number)
  }

  /// The address and port that a socket is bound to; nil where it has none.
  ///
  /// The corresponding C function is `getsockname`.
  static func localAddress(_ socket: Int32) -> SocketAddress? {
    SocketAddress(filledBy: { linux_getsockname(socket, $0, $1) })
  }

  /// The address and port of the other side; nil where there is none.
  ///
  /// The corresponding C function is `getpeername`.
  static func peerAddress(_ socket: Int32) -> SocketAddress? {
    SocketAddress(filledBy: { linux_getpeername(socket, $0, $1) })
  }

  /// Whether a socket is its own other side.
  ///
  /// Where nobody listens on a port of the ephemeral range, the kernel may choose that very port for
  /// a connecting socket and connect it to itself (RFC 9293, section 3.5, simultaneous open).
  static func isConnectedToItself(_ socket: Int32) -> Bool {
    guard let local = localAddress(socket), let peer = peerAddress(socket) else { return false }
    return local.port == peer.port && local.address == peer.address
  }

  /// Receives what is there; the buffer must not be empty.
  ///
  /// The corresponding C function is `recv`.
  static func receive(_ socket: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    transfer(
      retrying { recv(socket, buffer.baseAddress, buffer.count, linux_MSG_DONTWAIT) })
  }

  /// Tells the other side that nothing more comes; it may still send.
  ///
  /// The corresponding C function is `shutdown` with SHUT_WR.
  static func endSending(_ socket: Int32) { _ = shutdown(socket, linux_SHUT_WR) }
}

extension ByteBuffer {
  /// Replaces what it holds by what a socket has received, as much as fits.
  mutating func receive(from socket: Int32) -> Transfer {
    removeAll()
    var result = Transfer.wouldBlock
    fill {
      result = SystemCall.receive(socket, into: $0)
      if case .bytes(let count) = result { return count }
      return 0
    }
    return result
  }
}
