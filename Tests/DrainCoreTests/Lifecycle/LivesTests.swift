import Testing

@testable import DrainCore

@Suite struct LivesTests {
  private func lives(after minutes: [Int64]) -> Lives {
    var lives = Lives()
    for minute in minutes { lives.comeBack(now: Instant(nanoseconds: 0) + .seconds(60 * minute)) }
    return lives
  }

  @Test func theThirdWithinAMinuteIsBare() {
    #expect(!lives(after: [100, 100]).isBare)
    #expect(lives(after: [100, 100, 101]).isBare)
    #expect(!lives(after: [100, 100, 102]).isBare)
    #expect(!lives(after: [100, 102, 102]).isBare)
  }

  // What brought it down is still in what was left off.
  @Test func bareItStaysBare() {
    #expect(lives(after: [100, 100, 100, 5000]).isBare)
    #expect(lives(after: [100, 100, 100, 5000, 9000, 20000]).isBare)
    #expect(lives(after: [100, 100, 100, 5000]).count == 4)
  }
}
