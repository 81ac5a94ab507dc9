import DrainCore
import Testing

@testable import drainit

@Suite struct RestTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  /// What is said at so many milliseconds: "in" how many to come back, "released" or "done".
  private func ask(_ rest: inout Rest, at milliseconds: Int64) -> String {
    let now = start + .milliseconds(milliseconds)
    var isReleased = false
    if let due = rest.deadline(now, release: { isReleased = true }) {
      return "in \((due.nanoseconds - now.nanoseconds) / 1_000_000)\(isReleased ? " released" : "")"
    }
    return isReleased ? "released" : "done"
  }

  @Test func theAppBeginsFirst() {
    var rest = Rest(now: start)
    #expect(ask(&rest, at: 0) == "in 10")
    #expect(ask(&rest, at: 9) == "in 1")
    #expect(ask(&rest, at: 10) == "released")
    #expect(rest.isDone)
  }

  @Test func itIsGivenBackOnce() {
    var rest = Rest(now: start)
    #expect(ask(&rest, at: 10) == "released")
    #expect(ask(&rest, at: 10_000) == "done")
  }

  @Test func whatHappensAgainAndAgainGivesItBackFiveTimesASecond() {
    var rest = Rest(now: start)
    #expect(ask(&rest, at: 10) == "released")
    rest.disturb()
    #expect(!rest.isDone)
    #expect(ask(&rest, at: 20) == "in 190")
    #expect(ask(&rest, at: 210) == "released")
  }
}
