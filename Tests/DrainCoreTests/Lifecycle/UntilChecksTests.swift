import Testing

@testable import DrainCore

/// When the checks of `--until` are asked: while the traffic is silent, a little apart, and never else.
@Suite struct UntilChecksTests {
  private func draining() -> Story {
    var story = Story.serving {
      $0.endsEarly = true
      $0.hasUntilChecks = true
      $0.untilEvery = .milliseconds(500)
    }
    story.signal(.term)
    return story
  }

  private func asked(_ story: Story) -> Int {
    story.done.count { if case .askUntil = $0 { true } else { false } }
  }

  @Test func theyAreAskedOnceTheTrafficHasEnded() {
    var story = draining()
    story.wait(.seconds(6))
    #expect(asked(story) == 0)
    story.tell(.traffic(.quiet))
    #expect(asked(story) == 1)
    story.tell(.untilChecked(true), after: .milliseconds(100))
    #expect(story.signals == [.term])
    #expect(story.lifecycle.state.windowEnd == .check)
  }

  @Test func theyAreAskedAgainAsLongAsTheyDoNotHold() {
    var story = draining()
    story.tell(.traffic(.quiet), after: .seconds(6))
    for round in 1...4 {
      #expect(asked(story) == round)
      story.tell(.untilChecked(false), after: .milliseconds(10))
      story.wait(.milliseconds(490))
    }
    #expect(story.signals == [])
  }

  @Test func aSilenceThatIsOverAsksNobody() {
    var story = draining()
    story.tell(.traffic(.quiet), after: .seconds(6))
    story.tell(.traffic(.none), after: .milliseconds(1))
    story.tell(.untilChecked(true), after: .milliseconds(1))
    story.wait(.seconds(5))
    #expect(asked(story) == 1)
    #expect(story.signals == [])
    // The answer was another silence's.
    story.tell(.traffic(.quiet))
    #expect(asked(story) == 2)
    #expect(story.signals == [])
  }

  @Test func afterTheStopNothingIsDue() {
    var story = draining()
    story.tell(.traffic(.quiet), after: .seconds(6))
    story.tell(.untilChecked(false), after: .milliseconds(10))
    story.wait(.seconds(20))
    #expect(story.signals == [.term])
    #expect(story.lifecycle.nextDeadline == .never)
  }

  // What it came to is to be judged anew: the one who looks has begun anew.
  @Test func aFaultForgetsWhatWasSilent() {
    var story = Story.serving {
      $0.endsEarly = true
      $0.observes = true
    }
    story.signal(.term)
    story.tell(.traffic(.quiet), after: .seconds(2))
    var next = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    let resumed = next.resume(now: story.now)
    #expect(
      (0..<resumed.count).contains {
        if case .findListeners = resumed[$0] { true } else { false }
      })
    _ = next.handle(.deadline, now: story.now + .seconds(4))
    #expect(next.phase == .draining)
  }

  @Test func aWindowThatIsOverWhenDrainitComesBackEnds() {
    var story = Story.serving { $0.hasDrainHooks = true }
    story.signal(.term)
    var next = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    let effects = next.resume(now: story.now + .seconds(12))
    #expect(next.phase == .stopping)
    #expect(
      (0..<effects.count).allSatisfy { if case .runHooks = effects[$0] { false } else { true } })
  }

  @Test func theWatchdogIsDueUntilTheDrainSignal() {
    var story = Story.serving()
    story.tell(.watchdog(due: story.now + .seconds(3)))
    #expect(story.lifecycle.nextDeadline == story.now + .seconds(3))
    story.wait(.seconds(3))
    #expect(story.done.contains { if case .missWatchdog = $0 { true } else { false } })
    #expect(story.lifecycle.nextDeadline == .never)
    story.tell(.watchdog(due: story.now + .seconds(3)))
    story.signal(.term)
    #expect(story.lifecycle.nextDeadline == story.now + .seconds(12))
  }
}
