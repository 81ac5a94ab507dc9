import Testing

@testable import DrainCore

/// `--hold`: a window that has begun, around an app of somebody else's.
@Suite struct HoldTests {
  private func holding(_ minimum: Int64 = 5, _ maximum: Int64 = 12) -> Story {
    var plan = DrainPlan(
      window: DrainRange(minimum: .seconds(minimum), maximum: .seconds(maximum)), source: .given)
    plan.holds = true
    plan.observes = true
    plan.endsEarly = minimum < maximum
    return Story(plan)
  }

  @Test func itEndsWithTheWindowAndSignalsNobody() {
    var story = holding()
    story.tell(.traffic(.quiet), after: .seconds(6))
    #expect(story.exitCode == 0)
    #expect(story.signals.isEmpty)
    #expect(story.lines == ["holding for 5s to 12s", "held for 6s (quiet; 6s saved)"])
  }

  @Test func itLastsItsMaximumWhereNothingEndsIt() {
    var story = holding()
    story.wait(.seconds(11))
    #expect(story.exitCode == nil)
    story.wait(.seconds(1))
    #expect(story.exitCode == 0)
    #expect(story.lines.last == "held for 12s (max)")
  }

  @Test func withoutAWindowItIsOverAtOnce() {
    let story = holding(0, 0)
    #expect(story.exitCode == 0)
    #expect(story.lines == ["--hold: no drain window"])
  }

  @Test(arguments: [Signal.term, .int, .hup, .quit])
  func aSignalThatEndsProgramsEndsItAndNoOther(signal: Signal) {
    var story = holding()
    story.signal(.usr1)
    story.signal(.cont)
    #expect(story.exitCode == nil)
    story.signal(signal)
    #expect(story.exitCode == UInt8(128 + signal.number))
    #expect(story.signals.isEmpty)
  }

  @Test func afterAFaultItHoldsOn() {
    var story = holding()
    story.wait(.seconds(4))
    story.lifecycle = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    _ = story.lifecycle.resume(now: story.now)
    story.wait(.seconds(7))
    #expect(story.exitCode == nil)
    story.wait(.seconds(1))
    #expect(story.exitCode == 0 && story.signals.isEmpty)
  }

  @Test func hooksUnderWayAtAFaultAreBegunAgain() {
    var story = Story.serving {
      $0.hasDrainHooks = true
      $0.exitHookTimeout = .seconds(3)
    }
    story.signal(.term)
    var lifecycle = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    #expect(hooks(lifecycle.resume(now: story.now)) == [.drain])
    story.tell(.appEnded(.exited(code: 0)))
    lifecycle = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    #expect(hooks(lifecycle.resume(now: story.now)) == [.exit])
    // They have no more time than they had.
    #expect(lifecycle.nextDeadline == story.now + .seconds(3))
  }

  private func hooks(_ effects: Effects) -> [HookMoment] {
    (0..<effects.count).compactMap { index in
      if case .runHooks(let moment) = effects[index] { moment } else { nil }
    }
  }
}
