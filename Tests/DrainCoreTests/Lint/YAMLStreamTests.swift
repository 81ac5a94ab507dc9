import Testing

@testable import DrainCore

private func problem(_ text: String) -> String? {
  do throws(YAMLProblem) {
    _ = try YAMLStream(buffer(Array(text.utf8)))
    return nil
  } catch {
    var out = ByteBuffer(capacity: 256)
    error.append(to: &out)
    return out.text
  }
}

@Suite struct YAMLStreamTests {
  @Test(arguments: [
    #"{"a":[1,-2.5e+3,true,false,null,"x\u00e9\n\"",{}],"b":{"c":[]}}"#, "[]", " 0 ", #""""#, "",
    "[[1],[2]]", "{\"a\":1}\n{\"a\":2}\n", "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
    "%YAML 1.1\n---\na: 1\n",
    "a: |2\n    b\n   c\n", "\u{feff}a: b\r\nc: d\r\n", "a:\n- b\n- c: d\n  e: f\n", "a:\tb\n",
  ])
  func yamlAndJSONAreTaken(_ text: String) { #expect(problem(text) == nil) }

  @Test(arguments: [
    ("a:\n  b: 1\n\tc: 2", "line 3, column 1: a tab where only spaces indent"),
    ("a: b: c", "line 1, column 5: a second \": \" in a line; a text that has one is quoted"),
    ("a: 1\n b: 2", "line 2, column 3: a second \": \" in a line; a text that has one is quoted"),
    ("a:\n    b: 1\n  c: 2", "line 3, column 3: indented as nothing that it could belong to"),
    ("a: [1, 2", "line 1, column 4: never closed"),
    ("a: \"b\nc: d\n", "line 1, column 4: never closed"),
    (
      "a: \"b\" c",
      "line 1, column 8: more behind a value that was whole; is a quote or a comma missing?"
    ),
    ("a: {b: 1]", "line 1, column 9: neither a comma nor the end of what [ or { began"),
    ("a: \"\\q\"", "line 1, column 6: no escape that YAML has"),
    ("a: @b", "line 1, column 4: no text without quotes begins so"),
    ("a: *b", "line 1, column 4: no anchor of that name before it"),
    (
      "a: !!binary x",
      "line 1, column 4: a tag that Kubernetes has no use for, or that its value is not"
    ),
    ("? a\n: b", "line 1, column 1: a name that is an alias, a list or a mapping is not read"),
    ("a: |x\n  b", "line 1, column 5: after | or > only 1 to 9, + and -"),
    ("a\u{1}", "line 1, column 2: a control character"),
    ("a: 1\nb\n", "line 2, column 1: no NAME: where one belongs"),
    ("a: - b", "line 1, column 4: a list begins on a line of its own"),
    ("%TAG ! x\n---\n", "line 1, column 1: no %YAML directive with --- after it"),
    (
      "{{ .Values }}: 1\n",
      "line 1, column 1: {{ is a template's: render it, as helm template does"
    ),
    ("<<: 1\n", "line 2, column 1: << takes a mapping or a list of mappings"),
  ])
  func whatIsNoneIsRefusedWhereItCeases(_ text: String, _ words: String) {
    #expect(problem(text) == words)
  }

  @Test func deepIsRefusedAndNotACrash() {
    let limit = YAMLParser.depthLimit
    let deep = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(problem(deep) == nil)
    #expect(problem("[\(deep)]") == "line 1, column 65: nested more than 64 deep")
    #expect(problem(String(repeating: "{\"a\":", count: 100_000)) != nil)
    #expect(problem(String(repeating: "- ", count: 100_000)) != nil)
    #expect(problem(String(repeating: "&a ", count: 100_000)) != nil)
  }

  /// Ten aliases of ten aliases of ten …: every one of them counts.
  @Test func aliasesOfAliasesCount() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(list)]\n"
    }
    #expect(problem(text)?.hasSuffix("more than a million values, or as many by aliases") == true)
    #expect(problem(text)?.hasPrefix("line 6, ") == true)
  }

  @Test func namesAnchorsAndBytesHaveLimits() {
    let names = (0...10_001).map { "k\($0): 1\n" }.joined()
    #expect(problem(names) != nil)
    let anchors = (0...1000).map { "- &k\($0) 1\n" }.joined()
    #expect(problem(anchors) != nil)
    var large = ByteBuffer(capacity: YAMLStream.longest + 1)
    for _ in 0...YAMLStream.longest { large.append(UInt8(ascii: " ")) }
    #expect((try? YAMLStream(large)) == nil)
  }

  @Test(arguments: [
    [0xff, 0xfe, 0x61, 0], [0x61, 0, 0x62, 0], [0xc3], [0xc0, 0x80], [0xf5, 0x80],
  ])
  func whatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
    #expect((try? YAMLStream(buffer(bytes))) == nil)
  }

  /// Cut at each byte, and with each byte changed, a manifest is read or refused: nothing traps.
  @Test func noByteCanCrashIt() {
    let text = Array(
      ("kind: Pod\nspec: {containers: &c [{command: [sh, \"-c\", 'x'], x: \"a\\u0041\\n\n  b\"}]}\n"
        + "x: *c\ny: |-\n  a\n   b\n\n<<: {a: 1}\nenv:\n- name: >\n    a\n  value: 5\n").utf8)
    for place in 0..<text.count {
      for byte in [
        UInt8(0), 0x0a, 0x20, 0x22, 0x2a, 0x2d, 0x3a, 0x5b, 0x5c, 0x7d, 0x7c, 0xff, 0x31,
      ] {
        for cut in [text.count, place + 1] {
          var changed = Array(text[..<cut])
          changed[place] = byte
          guard let lint = try? Lint.looking(at: buffer(changed)) else { continue }
          var out = ByteBuffer(capacity: Lint.longestLine)
          for index in 0..<lint.count { lint.append(index, asJSON: false, to: &out) }
        }
      }
    }
  }
}

/// A buffer with just these bytes.
func buffer(_ bytes: [UInt8]) -> ByteBuffer {
  var buffer = ByteBuffer(capacity: max(1, bytes.count))
  buffer.append(bytes.span)
  return buffer
}

extension ByteBuffer {
  /// The bytes as a string.
  var text: String {
    var bytes: [UInt8] = []
    for index in 0..<count { bytes.append(self.bytes[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
