import CLinux
import DrainCore

@testable import DrainLinux

/// A TCP client that never waits; the test's loop drives it.
final class TestClient {
  private var descriptor: FileDescriptor?
  let number: Int32
  /// What came so far.
  private(set) var received: [UInt8] = []
  /// Whether the other side has closed, and why, where it did not do so in order.
  private(set) var isClosed = false
  private(set) var error: Errno?

  init(port: UInt16, isV6: Bool = false, receiveBuffer: Int32? = nil) {
    do {
      let opened = try SystemCall.streamSocket(isV6 ? AF_INET6 : AF_INET)
      number = opened.number
      if let receiveBuffer {
        try SystemCall.setOption(number, SOL_SOCKET, SO_RCVBUF, receiveBuffer)
      }
      _ = try SystemCall.connect(
        number, to: SocketAddress(isV6 ? IPAddress(bits: 1) : .v4(0x7f00_0001), port: port))
      descriptor = consume opened
    } catch {
      fatalError("cannot connect: errno \(error.number)")
    }
  }

  /// What came so far, as text.
  var text: String { String(decoding: received, as: UTF8.self) }
  /// The status of the answer, where its first line is whole.
  var status: Int? {
    let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
    return words.count > 1 ? Int(words[1]) : nil
  }
  /// What came after the empty line.
  var body: String? {
    text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false).dropFirst()
      .first.map(String.init)
  }

  /// Sends all of it; how much the kernel took.
  @discardableResult func send(_ text: String) -> Int { send(Array(text.utf8)) }

  @discardableResult func send(_ bytes: [UInt8]) -> Int {
    let result = bytes.withUnsafeBytes { SystemCall.send(number, $0) }
    if case .bytes(let count) = result { return count }
    return 0
  }

  /// Takes what is there.
  func receive(atMost limit: Int = .max) {
    var buffer = [UInt8](repeating: 0, count: min(4096, limit))
    while !isClosed && received.count < limit {
      switch buffer.withUnsafeMutableBytes({ SystemCall.receive(number, into: $0) }) {
      case .bytes(let count): received += buffer.prefix(count)
      case .wouldBlock: return
      case .endOfFile: isClosed = true
      case .failed(let error):
        isClosed = true
        self.error = error
      }
    }
  }

  /// Says that it sends no more.
  func endSending() { SystemCall.endSending(number) }

  /// Closes, in order or with a reset.
  func close(withReset: Bool = false) {
    if withReset {
      var linger = linger(l_onoff: 1, l_linger: 0)
      let length = socklen_t(MemoryLayout<CLinux.linger>.size)
      _ = setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, length)
    }
    descriptor = nil
  }
}
