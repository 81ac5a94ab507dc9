import Testing

@testable import DrainCore

@Suite struct UTF8TextTests {
  @Test func aCharacterIsAsLongAsSwiftSays() {
    var random = Random(seed: 3629)
    let leads: [UInt8] = [
      0, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef,
    ]
    let more: [UInt8] = [0xf0, 0xf1, 0xf4, 0xf5, 0xff, 0x8f, 0x90, 0x9f, 0xa0]
    for _ in 0..<100_000 {
      let bytes = (0..<random.below(6)).map { _ in
        random.once(in: 4) ? UInt8(random.below(256)) : (leads + more)[random.below(22)]
      }
      let length = bytes.span.characterLength(at: 0)
      let valid = (1...4).first { size in
        guard bytes.count >= size else { return false }
        return String(validating: bytes[..<size], as: UTF8.self)?.unicodeScalars.count == 1
      }
      #expect(length == valid ?? 0, "\(bytes)")
    }
    #expect([UInt8]([0x41]).span.characterLength(at: 1) == 0)
  }

  @Test func jsonKeepsWhatIsTextAndReplacesTheRest() {
    var buffer = ByteBuffer(capacity: 100)
    let bytes: [UInt8] = Array("é\"\\\n€😀".utf8) + [0xff, 0xe2, 0x82]
    buffer.append(jsonEscaped: bytes.span)
    #expect(text(buffer) == "é\\\"\\\\\\ufffd€😀\\ufffd\\ufffd\\ufffd")
  }

  @Test func aNameOfACheckIsTextAndNotCutInACharacter() {
    func name(_ bytes: [UInt8]) -> String? {
      String(validating: CheckName.of(Check(text: bytes, kind: .none)), as: UTF8.self)
    }
    #expect(name(Array("file:/é".utf8) + [0xe2, 0x82, 0x0a]) == "file:/é???")
    let long = Array(String(repeating: "€", count: 100).utf8)
    #expect(name(long) == String(repeating: "€", count: 66))
    #expect(name(Array("http://u€:p@h/€".utf8)) == "http://h/€")
  }
}
