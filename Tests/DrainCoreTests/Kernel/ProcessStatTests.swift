import Testing

@testable import DrainCore

@Suite struct ProcessStatTests {
  private func read(_ text: String) -> ProcessStat? { ProcessStat(Array(text.utf8).span) }

  @Test(
    arguments: [
      ("7 (nginx) S 1 9 7", [7, 1, 9]), ("7 (a) b) S 3) R 42 9 7", [7, 42, 9]),
      ("7 (a\nb) R 42 9", [7, 42, 9]), ("7 ((()) R 42 9", [7, 42, 9]), ("7 () R 0 0", [7, 0, 0]),
      ("2147483647 (x) R 2147483647 2147483647", [.max, .max, .max]),
      ("7 (nginx", nil), ("", nil), (")(", nil), ("7 (x) S", nil), ("7 (x) S 1", nil),
      ("7 (x) S y 9", nil), ("7 (x) S -1 9", nil), ("(x) S 1 9", nil), ("y (x) S 1 9", nil),
      ("7 (x) S 2147483648 9", nil), ("99999999999999999999999 (x) S 1 9", nil), ("7 (x)", nil),
    ] as [(String, [Int32]?)])
  func thePidIsBeforeTheNameAndTheParentAndTheGroupBehindIt(text: String, expected: [Int32]?) {
    #expect(read(text).map { [$0.pid, $0.parent, $0.group] } == expected)
  }

  @Test(arguments: [
    ("7 (a) b) R 1 9", "a) b"), ("7 (0123456789abcdefgh) R 1 9", "0123456789abcde"),
    ("7 (starman master ) S 1 9", "starman master"), ("7 (  ) R 1 9", ""), ("7 ( a) R 1 9", " a"),
  ])
  func theNameIsBetweenTheFirstAndTheLastParenthesis(text: String, name: String) throws {
    let stat = try #require(read(text))
    var bytes: [UInt8] = []
    for index in 0..<stat.name.count { bytes.append(stat.name.bytes[index]) }
    #expect(String(decoding: bytes, as: UTF8.self) == name)
  }

  @Test(arguments: [("S", false), ("T", false), ("Z", true), ("X", true)])
  func aZombieHasEnded(state: String, hasEnded: Bool) {
    #expect(read("7 (a) \(state) 1 9")?.hasEnded == hasEnded)
  }

  @Test(arguments: [
    ("7 (a) S 1 9 7 0 -1 4194304 0", true), ("7 (a) D 1 9 7 34816 9 4194368 0", false),
    ("7 (a) S 1 9 7 0 -1 64", false), ("7 (a) S 1 9 7 0 -1 4294967295 0", false),
    ("7 (a) S 1 9", true), ("7 (a) S 1 9 7 0 -1", true), ("7 (a) S 1 9 7 0 -1 x", true),
  ])
  func whetherItHasExecutedAProgramIsAmongTheFlags(text: String, isExecuted: Bool) {
    #expect(read(text)?.isExecuted == isExecuted)
  }
}
