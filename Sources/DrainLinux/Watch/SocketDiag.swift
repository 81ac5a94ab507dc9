import CLinux
import DrainCore

/// What a dump of the kernel's sockets has to say next.
public enum SocketStep: Equatable, BitwiseCopyable, Sendable {
  /// One socket.
  case row(SocketRow)
  /// What was received is used up: `receive` fetches the next batch.
  case needsMore
  /// The dump is complete.
  case end
  /// The kernel refused it, or broke it off.
  case failed(Errno)
}

/// A dump of the sockets in drainit's network namespace, in batches of one recv (sock_diag(7)).
///
/// The kernel does the work inside `begin` and `receive`, so that between two batches the caller can
/// do something else; neither waits. The socket is open between `begin` and `close` alone.
public struct SocketDiag: ~Copyable {
  private var socket: NetlinkSocket?
  private var buffer: ByteBuffer
  private var request: ByteBuffer
  private var messages = NetlinkMessages()
  private var sequence: UInt32 = 0

  /// Reserves the buffers. The kernel fills at most 32 KiB at once, about 80 connections.
  public init() {
    buffer = ByteBuffer(capacity: 32_768)
    request = ByteBuffer(capacity: 2_048)
  }

  /// The socket's descriptor, for epoll: readable while a dump has more; -1 where none is open.
  public private(set) var number: Int32 = -1

  /// Begins a dump, on the socket of the last one or on a new one.
  ///
  /// EPERM, ENOENT, EPROTONOSUPPORT and their like say that there is no netlink here.
  public mutating func begin(_ wanted: SocketRequest, ports: PortSet? = nil) throws(Errno) {
    if number < 0 {
      let opened = try NetlinkSocket()
      number = opened.number
      socket = consume opened
    }
    sequence &+= 1
    buffer.removeAll()
    messages = NetlinkMessages()
    if !wanted.write(to: &request, sequence: sequence, ports: ports) { throw Errno(EMSGSIZE) }
    try socket?.send(request)
  }

  /// What the batch received last has to say next.
  public mutating func next() -> SocketStep {
    var walk = messages
    defer { messages = walk }
    while let message = walk.next(in: buffer.bytes) {
      // An answer to a dump that was given up is passed over.
      if message.sequence != sequence { continue }
      switch message.type {
      case NetlinkMessage.done: return end(of: message)
      case NetlinkMessage.error: return refusal(message)
      case NetlinkMessage.socketByFamily:
        if let row = SocketRow(buffer.bytes, from: message.start, to: message.end) {
          return .row(row)
        }
      default: break
      }
    }
    return .needsMore
  }

  /// Fetches the next batch.
  public mutating func receive() -> Transfer {
    guard socket != nil else { return .failed(Errno(EBADF)) }
    messages = NetlinkMessages()
    return socket?.receive(into: &buffer) ?? .failed(Errno(EBADF))
  }

  /// The next socket, however many batches it takes; for dumps that are known to be short.
  ///
  /// `batches` is how many more may be received; ENOBUFS where they are used up.
  public mutating func nextRow(batches: inout Int) -> SocketStep {
    while true {
      let step = next()
      if step != .needsMore { return step }
      batches &-= 1
      if batches < 0 { return .failed(Errno(ENOBUFS)) }
      switch receive() {
      case .bytes: continue
      // The kernel answers a dump while it is asked: nothing there means nothing will come.
      case .wouldBlock, .endOfFile: return .failed(Errno(ENODATA))
      case .failed(let error): return .failed(error)
      }
    }
  }

  /// Closes the socket; the next `begin` opens another.
  public mutating func close() {
    socket = nil
    number = -1
  }

  private borrowing func end(of message: NetlinkMessage) -> SocketStep {
    // NLMSG_DONE may carry the error that broke the dump off.
    let code = buffer.errorCode(message)
    return code < 0 ? .failed(Errno(0 &- code)) : .end
  }

  private borrowing func refusal(_ message: NetlinkMessage) -> SocketStep {
    let code = buffer.errorCode(message)
    return .failed(Errno(code < 0 ? 0 &- code : EPROTO))
  }
}
