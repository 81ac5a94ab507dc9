import CLinux
import DrainCore

/// The socket on which the app tells of itself (sd_notify(3)).
///
/// It is an abstract one, since a read-only root has no place for another, and its name is the kernel's
/// choice (unix(7), autobind). Such names belong to the network namespace, which a pod's containers
/// share, so a datagram counts only where its sender is a process of our PID namespace: any other has
/// the pid 0 here.
public struct NotifySocket: ~Copyable {
  /// The descriptor, for epoll; -1 where there is no socket, and then it is never given a datagram.
  public let number: Int32
  // It is only held here, for as long as it is to stay open.
  private let descriptor: FileDescriptor?

  // Datagrams of strangers that are passed over in a row.
  private static var strangersATurn: Int { 16 }

  /// Takes over a socket of an earlier life, or none.
  public init(_ descriptor: consuming FileDescriptor?) {
    number = FileDescriptor.number(of: descriptor)
    self.descriptor = descriptor
  }

  /// Makes the socket.
  public static func open() throws(Errno) -> NotifySocket {
    let socket = try SystemCall.datagramSocket()
    try SystemCall.setOption(socket.number, SOL_SOCKET, SO_PASSCRED, 1)
    var family = sa_family_t(AF_UNIX)
    let length = socklen_t(MemoryLayout<sa_family_t>.size)
    if linux_bind(socket.number, &family, length) != 0 { throw Errno.last }
    return NotifySocket(socket)
  }

  /// Appends the name as `NOTIFY_SOCKET` has it.
  public borrowing func appendName(to text: inout ByteBuffer) {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    guard linux_getsockname(number, &address, &length) == 0 else { return }
    text.append(UInt8(ascii: "@"))
    withUnsafeBytes(of: address) {
      // The family's two bytes, and the zero that makes the name abstract.
      for index in 3..<min(Int(length), $0.count) { text.append($0[index]) }
    }
  }

  /// Receives one datagram into the buffer, which is emptied first; one that does not fit is none.
  ///
  /// Descriptors that come along are closed by the kernel, which is what ends a sender's wait for
  /// BARRIER.
  @inline(never) public borrowing func receive(into buffer: inout ByteBuffer) -> Transfer {
    for _ in 0..<NotifySocket.strangersATurn {
      buffer.removeAll()
      var sender = linux_sender()
      var received = 0
      buffer.fill { space in
        received = SystemCall.retrying {
          linux_receive_from(
            number, space.baseAddress, space.count, &sender,
            linux_MSG_DONTWAIT | linux_MSG_TRUNC)
        }
        return received
      }
      if received < 0 { return .wouldBlock }
      let isKnown = sender.type == linux_SCM_CREDENTIALS && sender.who.pid > 0
      if isKnown && received > 0 && received <= buffer.capacity { return .bytes(received) }
    }
    return .wouldBlock
  }
}

/// The socket of a service manager that drainit itself was started by; nothing is ever waited for.
public struct OuterNotifySocket: ~Copyable {
  /// The descriptor, for whoever closes what drainit does not need; -1 for none.
  public let number: Int32
  // It is only held here, for as long as it is to stay open.
  private let descriptor: FileDescriptor?

  /// Connects to the socket of that name, as `NOTIFY_SOCKET` has it, where there is one.
  public init(_ name: UnsafePointer<CChar>?) {
    let socket = OuterNotifySocket.connect(name)
    number = FileDescriptor.number(of: socket)
    descriptor = socket
  }

  private static func connect(_ name: UnsafePointer<CChar>?) -> FileDescriptor? {
    guard let name else { return nil }
    let length = strlen(name)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let start = MemoryLayout<sa_family_t>.size
    guard length > 1, start &+ length < MemoryLayout<sockaddr_un>.size else { return nil }
    withUnsafeMutableBytes(of: &address) {
      memcpy($0.baseAddress.unsafelyUnwrapped + start, name, length)
      if $0[start] == UInt8(ascii: "@") { $0[start] = 0 }
    }
    do throws(Errno) {
      let socket = try SystemCall.datagramSocket()
      let size = socklen_t(truncatingIfNeeded: start &+ length)
      if linux_connect(socket.number, &address, size) != 0 { return nil }
      return socket
    } catch {
      return nil
    }
  }

  /// Sends a datagram; where there is no room it is dropped.
  public borrowing func send(_ bytes: borrowing ByteBuffer) {
    if bytes.count == 0 { return }
    _ = bytes.withBytes { SystemCall.send(number, $0) }
  }
}

extension FileDescriptor {
  /// A descriptor's number; -1 for none.
  static func number(of descriptor: borrowing FileDescriptor?) -> Int32 {
    switch descriptor {
    case .some(let some): some.number
    case .none: -1
    }
  }
}
