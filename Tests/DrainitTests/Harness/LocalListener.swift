import CLinux

@testable import DrainLinux

/// A UNIX socket that listens at a path, or at an abstract name with an `@` before it.
final class LocalListener {
  private let socket: FileDescriptor

  /// - Parameter listens: false for one that is only bound.
  init(_ path: String, listens: Bool = true) throws {
    socket = try SystemCall.localSocket(linux_SOCK_STREAM)
    try bindLocal(socket.number, path)
    if listens { try SystemCall.listen(socket.number, backlog: 8) }
  }
}

/// A UNIX datagram socket, in the role of a service manager or of an app that tells of itself.
final class Datagrams {
  private let socket: FileDescriptor

  init() throws { socket = try SystemCall.datagramSocket() }

  /// Binds it to a name as `NOTIFY_SOCKET` has it.
  func bind(to name: String) throws { try bindLocal(socket.number, name) }

  /// Sends a datagram to that name; whether somebody was there to take it.
  func send(_ text: String, to name: String) -> Bool {
    let bytes = Array(text.utf8)
    var (address, length) = localAddress(name)
    return bytes.withUnsafeBytes {
      linux_sendto(socket.number, $0.baseAddress, $0.count, 0, &address, length)
    } == bytes.count
  }

  /// The next datagram; nil where none is waiting.
  func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 8192)
    let number = socket.number
    guard
      case .bytes(let count) = buffer.withUnsafeMutableBytes({
        SystemCall.receive(number, into: $0)
      })
    else { return nil }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}

private func bindLocal(_ socket: Int32, _ name: String) throws {
  var (address, length) = localAddress(name)
  if linux_bind(socket, &address, length) != 0 { throw Errno.last }
}

private func localAddress(_ name: String) -> (sockaddr_un, socklen_t) {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(name.utf8)
  withUnsafeMutableBytes(of: &address) { room in
    for (index, byte) in bytes.enumerated() { room[2 + index] = byte }
    if bytes.first == UInt8(ascii: "@") { room[2] = 0 }
  }
  return (address, socklen_t(2 + bytes.count))
}
