import Testing

@testable import DrainCore

@Suite struct UntilConditionTests {
  @Test(arguments: [
    "", "quiet:", "quiet:0", "quiet:-1", "quiet:x", "Quiet", "quiet ", "closed:", "closed:1s",
    "probed",
    "probed:", "probed:0", "probed:-1", "probed:1.5", "probed:99999999999999999999", "tcp:",
    "https://h",
  ])
  func whatIsNoConditionIsRefused(text: String) {
    #expect(
      parsed(text) { bytes throws(ValueProblem) in try UntilCondition(parsing: bytes) } == nil)
  }

  @Test(
    arguments: [
      ("quiet", .quiet(for: nil)), ("quiet:6", .quiet(for: .seconds(6))),
      ("quiet:500ms", .quiet(for: .milliseconds(500))), ("closed", .closed),
      ("probed:3", .probed(times: 3)), ("none", .check(Check(text: bytes("none"), kind: .none))),
      (
        "http://h/done",
        .check(
          Check(
            text: bytes("http://h/done"),
            kind: .http(host: bytes("h"), port: 80, path: bytes("/done"))))
      ),
    ] as [(String, UntilCondition)])
  func conditions(text: String, expected: UntilCondition) {
    let condition = parsed(text) { bytes throws(ValueProblem) in
      try UntilCondition(parsing: bytes)
    }
    #expect(condition == expected)
  }
}
