import Testing

@testable import DrainCore

@Suite struct HTTPBodyLineTests {
  /// What follows the three digits of the status, the line, and whether more is waited for.
  static let table: [(String, String, Bool)] = [
    (" Service Unavailable\r\nContent-Length: 9\r\n\r\ndraining\n", "draining", true),
    ("\r\n\r\ndraining\n", "draining", true),
    ("\n\ndraining", "draining", false),
    (" x\r\nCONTENT-LENGTH:   8\r\n\r\ndraining", "draining", true),
    (" x\r\nContent-Length: 4\r\n\r\ndraining", "drai", true),
    (" x\r\nContent-Length: 0\r\n\r\n", "", true),
    (" x\r\nContent-Length: none\r\n\r\nno", "no", false),
    (" x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndraining\r\n0\r\n\r\n", "draining", true),
    (" x\r\nA: content-length: 1\r\n\r\n\r\n\n  two words\tthree\r\n", "two words three", true),
    (" x\r\n\r\n\u{1b}[31mr\u{7}ed\u{e9}\nmore", "?[31mr?ed??", true),
    (" x\r\nA: b\r\n", "", false),
    ("", "", false),
  ]

  @Test func theFirstLineIsFoundInAnyPieces() {
    for (answer, expected, isOver) in Self.table {
      for piece in [1, 2, 3, 7, 1000] {
        var line = HTTPBodyLine()
        var over = false
        let bytes = Array(answer.utf8)
        var start = 0
        while start < bytes.count {
          let end = min(bytes.count, start + piece)
          over = line.isOver(after: bytes.span.extracting(start..<end))
          start = end
        }
        #expect(over == isOver, "\(answer) by \(piece)")
        let found = text(line)
        #expect(found == expected, "\(answer) by \(piece)")
      }
    }
  }

  @Test func anEndlessLineIsCutAndAnEndlessHeadIsNone() {
    var line = HTTPBodyLine()
    let body = Array(" x\r\n\r\n".utf8) + [UInt8](repeating: 65, count: 4000)
    let isOver = line.isOver(after: body.span)
    let found = text(line)
    #expect(isOver && found.utf8.count == ProtocolLimits.bodyLineBytes)
    var other = HTTPBodyLine()
    let head = [UInt8](repeating: 65, count: ProtocolLimits.replyBytes)
    let isCut = other.isOver(after: head.span)
    let none = text(other)
    #expect(isCut && none == "")
  }

  private func text(_ line: borrowing HTTPBodyLine) -> String {
    var buffer = ByteBuffer(capacity: 1000)
    line.append(to: &buffer)
    return String(decoding: [UInt8](copying: buffer.bytes), as: UTF8.self)
  }
}
