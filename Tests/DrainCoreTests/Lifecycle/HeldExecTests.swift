import Testing

@testable import DrainCore

@Suite struct HeldExecTests {
  private static func story(_ change: (inout DrainPlan) -> Void = { _ in }) -> Story {
    var plan = DrainPlan(
      window: DrainRange(minimum: .zero, maximum: .zero), source: .plain)
    change(&plan)
    return Story(plan, holdsExec: true)
  }

  @Test func theLogTellsOfItOnceAfterASecond() {
    var story = Self.story()
    story.wait(.milliseconds(999))
    #expect(story.lines.isEmpty)
    story.wait(.seconds(30))
    #expect(story.lines.count == 1 && story.lines[0].contains("not executed yet after 1s"))
    #expect(story.lifecycle.hasApp && !story.lifecycle.appRuns)
    story.tell(.appStarted(pid: 7))
    #expect(story.lifecycle.appRuns)
    #expect(story.lines.count == 2 && story.lines[1] == "nginx (pid 7) started")
    let next = story.lifecycle.nextDeadline
    #expect(next == .never)
  }

  @Test func aStopReachesWhoeverIsToBeTheApp() {
    var story = Self.story()
    story.signal(.term, after: .milliseconds(200))
    #expect(story.signals == [.term])
    story.tell(.appEnded(.killed(.term)))
    #expect(story.exitCode == 143)
  }

  @Test func whatCannotBeExecutedEndsTheStart() {
    var story = Self.story { $0.exitHookTimeout = .seconds(5) }
    story.tell(.appNotStarted(code: 126), after: .seconds(5))
    #expect(story.exitCode == 126)
  }

  @Test func whereAStopHasBegunItEndsAsTheAppWould() {
    var story = Self.story { $0.exitHookTimeout = .seconds(5) }
    story.signal(.term, after: .seconds(2))
    story.tell(.appNotStarted(code: 126))
    #expect(story.exitCode == nil)
    story.tell(.hooksEnded(.exit))
    #expect(story.exitCode == 126)
    // The child's own end comes too late to be one.
    #expect(!story.lifecycle.hasApp)
  }

  // Its refusal may be learnt in the turn in which the window is over.
  @Test func whoLooksWhyItIsRefusedEndsNoWindow() {
    var story = Self.story { $0.window = DrainRange(minimum: .seconds(5), maximum: .seconds(12)) }
    story.signal(.term, after: .milliseconds(200))
    story.now = story.lifecycle.state.windowMaximum
    story.lifecycle.awaitExec(of: 8, now: story.now)
    #expect(story.lifecycle.phase == .draining)
    story.wait(.zero)
    #expect(story.lifecycle.phase == .stopping && story.signals == [.term])
    #expect(story.lifecycle.state.appPID == 8)
  }

  @Test func afterAFaultNobodyWaitsForIt() {
    let story = Self.story()
    var lifecycle = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    _ = lifecycle.resume(now: story.now)
    let next = lifecycle.nextDeadline
    #expect(lifecycle.appRuns && next == .never)
  }
}
