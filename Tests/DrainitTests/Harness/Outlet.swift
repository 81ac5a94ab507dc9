import CLinux
import DrainCore

@testable import DrainLinux

/// A pipe of the test's own: what is written at `end` is its text.
final class Outlet {
  private let reader: FileDescriptor
  private var writer: FileDescriptor?
  /// Where to write.
  let end: Int32

  init() throws {
    let pipe = try Pipe()
    end = pipe.writer.number
    reader = pipe.reader
    writer = consume pipe.writer
  }

  /// Takes what is there.
  func bytes() -> [UInt8] {
    var bytes: [UInt8] = []
    while case .bytes(let count) = read() { bytes += buffer[..<count] }
    return bytes
  }

  /// Takes what is there, as a text.
  func text() -> String { String(decoding: bytes(), as: UTF8.self) }

  /// Takes all up to the end, which is there once nobody else can write; nil where that does not come within 20 s.
  func rest() -> String? {
    writer = nil
    var bytes: [UInt8] = []
    let end = Clock.now() + .seconds(20)
    while Clock.now() < end {
      switch read() {
      case .bytes(let count): bytes += buffer[..<count]
      case .wouldBlock: usleep(1000)
      case .endOfFile, .failed: return String(decoding: bytes, as: UTF8.self)
      }
    }
    return nil
  }

  private var buffer = [UInt8](repeating: 0, count: 65_536)

  private func read() -> Transfer {
    let number = reader.number
    return buffer.withUnsafeMutableBytes { SystemCall.read(number, into: $0) }
  }
}

extension ByteBuffer {
  /// The bytes as a string.
  var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// The lines of a text.
func lines(_ text: String) -> [String] {
  text.split(separator: "\n").map(String.init)
}
