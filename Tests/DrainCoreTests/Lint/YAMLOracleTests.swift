import Foundation
import Testing

@testable import DrainCore

/// python3-yaml, told to read scalars as kubectl does, and this parser read the same: every manifest
/// under docker, and generated documents. `Tests/Fixtures/yaml_oracle.py` has what they differ in.
@Suite struct YAMLOracleTests {
  @Test(arguments: [["files"], ["made", "1", "400"], ["made", "2", "400"]])
  func pythonReadsTheSame(_ words: [String]) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    python.currentDirectoryURL = root
    python.arguments = ["Tests/Fixtures/yaml_oracle.py"] + words
    let pipe = Pipe()
    python.standardOutput = pipe
    try python.run()
    let data = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    python.waitUntilExit()
    try #require(python.terminationStatus == 0)
    // A line of a name, a line of a length, so many bytes, a line of what they are to Python.
    var place = 0
    func line() -> ArraySlice<UInt8> {
      let end = data[place...].firstIndex(of: UInt8(ascii: "\n")) ?? data.count
      defer { place = end + 1 }
      return data[place..<end]
    }
    var taken = 0
    var refused = 0
    while place < data.count {
      let name = String(decoding: line(), as: UTF8.self)
      let count = try #require(Int(String(decoding: line(), as: UTF8.self)))
      let document = Array(data[place..<place + count])
      place += count
      let wanted = String(decoding: line(), as: UTF8.self)
      let found = read(document)
      let isSame = wanted == "refused" ? found.hasPrefix("refused") : found == wanted
      #expect(isSame, "\(name): \(String(decoding: document, as: UTF8.self))\n\(wanted)\n\(found)")
      if wanted == "refused" { refused += 1 } else { taken += 1 }
    }
    #expect(taken > 30)
    #expect(words == ["files"] || refused > 30)
  }

  private func read(_ document: [UInt8]) -> String {
    do throws(YAMLProblem) {
      let stream = try YAMLStream(buffer(document))
      var out = ByteBuffer(capacity: 8 << 20)
      for root in stream.roots {
        out.append(" ")
        dump(stream, root, &out)
      }
      return out.text
    } catch {
      var out = ByteBuffer(capacity: 256)
      out.append("refused: ")
      error.append(to: &out)
      return out.text
    }
  }

  private func dump(_ stream: borrowing YAMLStream, _ value: Int, _ out: inout ByteBuffer) {
    switch stream.kind(value) {
    case .null: out.append("null")
    case .yes: out.append("true")
    case .no: out.append("false")
    case .integer: out.append(decimal: wholeNumber(stream.scalar(value)) ?? 0)
    case .float:
      out.append("float ")
      out.append(stream.scalar(value))
    case .string, .merge, .alias: quote(stream.scalar(value), &out)
    case .list:
      out.append("[")
      var item = stream.first(value, "")
      while item != 0 {
        dump(stream, item, &out)
        out.append(",")
        item = stream.next(item)
      }
      out.append("]")
    case .map:
      // Names that `<<` brings are before the others to Python.
      var pairs: [String] = []
      var name = stream.first(value, "")
      while name != 0 {
        var pair = ByteBuffer(capacity: 1 << 20)
        quote(stream.scalar(name), &pair)
        pair.append(":")
        let next = stream.valueAfter(key: name)
        dump(stream, next, &pair)
        pair.append(",")
        pairs.append(pair.text)
        name = stream.next(next)
      }
      out.append("{")
      for pair in pairs.sorted(by: { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }) {
        out.append([UInt8](pair.utf8).span)
      }
      out.append("}")
    }
  }

  private func quote(_ text: Span<UInt8>, _ out: inout ByteBuffer) {
    out.append("\"")
    for index in 0..<text.count {
      let byte = text[index]
      if byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f {
        out.append("<")
        out.append(decimal: Int64(byte))
        out.append(">")
      } else {
        out.append(byte)
      }
    }
    out.append("\"")
  }
}
