import CLinux
import DrainCore

@testable import DrainLinux

private let loopback = IPAddress.v4(0x7f00_0001)

/// A client on loopback, which never waits: the test drives both ends.
final class Client {
  private let socket: FileDescriptor
  private(set) var text = ""
  private(set) var isClosed = false

  init(to port: UInt16) throws {
    socket = try SystemCall.streamSocket(AF_INET)
    _ = try SystemCall.connect(socket.number, to: SocketAddress(loopback, port: port))
  }

  func send(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { SystemCall.send(socket.number, $0) }
  }

  /// Takes what is there.
  func receive() {
    var buffer = [UInt8](repeating: 0, count: 8192)
    switch buffer.withUnsafeMutableBytes({ SystemCall.receive(socket.number, into: $0) }) {
    case .bytes(let count): text += String(decoding: buffer.prefix(count), as: UTF8.self)
    case .endOfFile, .failed: isClosed = true
    case .wouldBlock: break
    }
  }

  /// The status of the answer and its body, once all of it is there.
  var answer: (status: String, body: String)? {
    guard isClosed, let end = text.firstRange(of: "\r\n\r\n") else { return nil }
    return (String(text.dropFirst(9).prefix(3)), String(text[end.upperBound...]))
  }
}

/// A listener on loopback at a port of the kernel's choice, in the role of the app.
final class Listener {
  private var socket: FileDescriptor?
  let port: UInt16

  init() throws {
    let opened = try ListeningSocket.open(address: loopback, port: 0)
    port = SystemCall.localAddress(opened.number)?.port ?? 0
    socket = consume opened
  }

  /// Takes a connection that waits, for as long as the answer is kept; nil where there is none.
  func accept() -> Accepted? {
    var peer = loopback
    let listener = socket?.number ?? -1
    do {
      guard let socket = try SystemCall.accept(listener, from: &peer) else { return nil }
      return Accepted(socket)
    } catch {
      return nil
    }
  }

  /// From now on a connection is refused, whoever else holds the socket: a child of another test's has it until
  /// its exec.
  func stopListening() {
    _ = shutdown(socket?.number ?? -1, Int32(SHUT_RDWR))
    socket = nil
  }
}

/// The app's end of a connection.
final class Accepted {
  private let socket: FileDescriptor
  /// What was read so far.
  private(set) var text = ""

  init(_ socket: consuming FileDescriptor) { self.socket = socket }

  /// The client's port.
  var port: UInt16 { SystemCall.peerAddress(socket.number)?.port ?? 0 }

  /// Reads what is there; false where that is nothing.
  func read() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 8192)
    guard
      case .bytes(let count) = buffer.withUnsafeMutableBytes({
        SystemCall.receive(socket.number, into: $0)
      })
    else { return false }
    text += String(decoding: buffer.prefix(count), as: UTF8.self)
    return true
  }

  func send(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { SystemCall.send(socket.number, $0) }
  }
}
