import Testing

@testable import DrainCore

private func problem(_ text: String) -> JSONProblem? {
  let bytes = Array(text.utf8)
  var buffer = ByteBuffer(capacity: max(bytes.count, 1))
  buffer.append(bytes.span)
  do throws(JSONProblem) {
    _ = try JSONDocument(buffer)
    return nil
  } catch { return error }
}

@Suite struct JSONDocumentTests {
  @Test(arguments: [
    #"{"a":[1,-2.5e+3,true,false,null,"x\u00e9\n\"",{}],"b":{"c":[]}}"#, "[]", " 0 ", #""""#,
    "[[1],[2]]",
  ])
  func jsonIsTaken(_ text: String) { #expect(problem(text) == nil) }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5), (#"{a:1}"#, 1),
    ("tru", 0), ("nulls", 0), ("1x", 0), ("-", 0), (#""\x""#, 0), (#""\u12g4""#, 0), ("\"a\n\"", 0),
    ("[1}", 2), ("{]", 1), ("[]]", 2), ("a: b", 0), (#"{"a":1,}"#, 7), (#"""#, 0),
    ("\u{feff}{}", 0),
  ])
  func whatIsNoneIsRefusedWhereItCeases(_ text: String, _ place: Int) {
    #expect(problem(text) == .notJSON(at: place))
  }

  @Test func deepIsRefusedAndNotACrash() {
    let limit = JSONDocument.depthLimit
    let deep = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(problem(deep) == nil)
    #expect(problem("[\(deep)]") == .notJSON(at: limit))
    #expect(problem(String(repeating: "{\"a\":", count: 100_000)) != nil)
  }

  /// Cut at each byte, and with each byte changed, a manifest is read or refused: nothing traps.
  @Test func noByteCanCrashIt() {
    let text = Array(
      (#"{"kind":"Pod","spec":{"containers":[{"command":["sh","-c","x\u0041"],"#
        + #""env":[{"name":"DRAINIT_DRAIN","value":"5s"}]}]}}"#).utf8)
    for place in 0..<text.count {
      for byte in [UInt8(0), 0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0xff, 0x31] {
        for cut in [text.count, place + 1] {
          var buffer = ByteBuffer(capacity: text.count)
          for index in 0..<cut { buffer.append(index == place ? byte : text[index]) }
          guard let document = try? JSONDocument(buffer) else { continue }
          var lint = Lint(document)
          var out = ByteBuffer(capacity: 4096)
          lint.run(into: &out)
        }
      }
    }
  }
}
