import Testing

@testable import DrainCore

@Suite struct BudgetTests {
  private func plan(_ change: (inout DrainPlan) -> Void) -> DrainPlan {
    var plan = DrainPlan(window: WindowSource.kubernetes.window, source: .kubernetes)
    plan.grace = .seconds(30)
    change(&plan)
    return plan
  }

  @Test func aWindowThatWasAskedForIsRefusedWhereItDoesNotFit() throws {
    var wanted = plan {
      $0.windowSource = .given
      $0.stopTimeout = .seconds(15)
      $0.orphans = .after(.seconds(3))
    }
    let error = #expect(throws: BudgetError.self) { try wanted.fitIntoGrace() }
    var buffer = ByteBuffer(capacity: 200)
    try #require(error).budget.append(to: &buffer)
    #expect(text(buffer) == "12s window + 15s stop timeout + 3s orphans + 1s = 31s")
  }

  @Test func aDefaultWindowShrinksInstead() throws {
    var wanted = plan { $0.stopTimeout = .seconds(25) }
    try wanted.fitIntoGrace()
    #expect(wanted.window == DrainRange(minimum: .seconds(4), maximum: .seconds(4)))
  }

  @Test func whatIsNotInUseCountsNothing() throws {
    var wanted = plan { $0.grace = .seconds(14) }
    try wanted.fitIntoGrace()
    #expect(wanted.window.maximum == .seconds(12))
  }

  @Test func withoutAStopTimeoutTheAppGetsWhatIsLeft() {
    let wanted = plan { $0.orphans = .after(.seconds(3)) }
    let start = Instant(nanoseconds: 0)
    #expect(wanted.killTime(now: start + .seconds(6), drainedAt: start) == start + .seconds(26))
    let late = start + .seconds(29)
    #expect(wanted.killTime(now: late, drainedAt: start) == late + .seconds(1))
  }
}
