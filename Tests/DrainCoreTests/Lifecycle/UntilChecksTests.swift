import Testing

@testable import DrainCore

/// When the checks of `--until` are asked: while the traffic is silent, a little apart, and never else.
@Suite struct UntilChecksTests {
  private func draining() -> Story {
    var story = Story.serving {
      $0.endsEarly = true
      $0.observes = true
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

  /// A lifecycle that was in its window, and has come back from a fault.
  private func resumed(_ story: Story) -> Lifecycle {
    var next = Lifecycle(plan: story.lifecycle.plan, resuming: story.lifecycle.state)
    _ = next.resume(now: story.now)
    return next
  }

  private func count(_ effects: Effects, where isOne: (Effect) -> Bool) -> Int {
    (0..<effects.count).count { isOne(effects[$0]) }
  }

  @Test func afterAFaultTheTrafficIsWatchedAgain() {
    let story = draining()
    #expect(story.lifecycle.state.isObserving)
    var next = resumed(story)
    let effects = next.handle(.listeners(.tcp), now: story.now)
    #expect(count(effects) { if case .observeTraffic = $0 { true } else { false } } == 1)
  }

  @Test func afterAFaultChecksThatHeldAreAskedAgain() {
    var story = draining()
    story.tell(.traffic(.quiet), after: .seconds(2))
    story.tell(.untilChecked(true), after: .milliseconds(100))
    #expect(story.lifecycle.phase == .draining && story.lifecycle.state.checksHold)
    var next = resumed(story)
    let effects = next.handle(.traffic(.quiet), now: story.now + .seconds(4))
    #expect(next.phase == .draining)
    #expect(count(effects) { if case .askUntil = $0 { true } else { false } } == 1)
    _ = next.handle(.untilChecked(true), now: story.now + .seconds(4))
    #expect(next.state.windowEnd == .check)
  }

  // Nobody answers for the earlier life's.
  @Test func afterAFaultChecksThatWereUnderWayAreAskedAgain() {
    var story = draining()
    story.tell(.traffic(.quiet), after: .seconds(2))
    #expect(story.lifecycle.state.isAskingUntil)
    var next = resumed(story)
    let effects = next.handle(.traffic(.quiet), now: story.now + .seconds(2))
    #expect(count(effects) { if case .askUntil = $0 { true } else { false } } == 1)
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
