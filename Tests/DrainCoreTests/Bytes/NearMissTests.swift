import Testing

@testable import DrainCore

@Suite struct NearMissTests {
  @Test(
    arguments: [
      ("", nil), ("x", nil), ("ab", nil), ("exit", nil), ("sgnal", nil), ("drain-to-the-end", nil),
      (String(repeating: "a", count: 41), nil), (String(repeating: "drain", count: 1000), nil),
      ("dran", "drain"), ("drian", "drain"), ("drain", "drain"), ("DRAIN", "drain"),
      ("draain", "drain"), ("train", "drain"), ("drain-sig", "drain-signal"),
      ("stop", "stop-signal"),
      ("drain_signal", "drain-signal"), ("stopsignal", "stop-signal"), ("por", "port"),
      ("prot", "port"), ("ports", "port"),
    ] as [(String, String?)])
  func theNearestWordIsFound(typed: String, expected: String?) {
    let bytes = bytes(typed)
    var near = NearMiss(bytes.span)
    for word in ["drain", "drain-signal", "stop-signal", "port"] as [StaticString] {
      near.consider(word)
    }
    #expect(near.word.map { "\($0)" } == expected)
  }
}
