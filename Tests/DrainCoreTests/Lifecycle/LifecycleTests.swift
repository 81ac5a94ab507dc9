import Testing

@testable import DrainCore

@Suite struct LifecycleTests {
  @Test func aStopIsAWindowThenTheSignalThenTheAppsOwnEnd() {
    var story = Story.serving()
    story.signal(.term)
    #expect(!story.lifecycle.mayBeReady)
    story.wait(.milliseconds(11_999))
    #expect(story.signals == [])
    story.wait(.milliseconds(1))
    #expect(story.signals == [.term])
    story.tell(.appEnded(.exited(code: 0)), after: .milliseconds(400))
    #expect(story.exitCode == 0)
    #expect(
      story.lines == [
        "nginx (pid 7) started; ready when listening; a stop drains for 12s (--drain)",
        "ready after 0.4s",
        "SIGTERM: draining for 12s, then SIGTERM to nginx (pid 7)",
        "window over (max): SIGTERM to nginx (pid 7)",
        "drained in 12s (max); nginx exited 0 after 0.4s",
      ])
  }

  @Test func anAppThatWasNeverReadyGetsTheMinimum() {
    var plan = DrainPlan(window: WindowSource.kubernetes.window, source: .kubernetes)
    plan.grace = .seconds(30)
    var story = Story(plan)
    story.signal(.term)
    story.wait(.seconds(5))
    #expect(story.signals == [.term])
    #expect(story.lines.last == "window over (min): SIGTERM to nginx (pid 7), SIGKILL in 24s")
  }

  @Test func nobodyWaitsForAnAppWithoutListenersUnlessAWindowWasAskedFor() {
    var story = Story(DrainPlan(window: WindowSource.kubernetes.window, source: .kubernetes))
    story.listeners = .none
    story.tell(.gateOpened)
    story.signal(.term)
    #expect(story.signals == [.term])
    var asked = Story.serving()
    asked.listeners = .none
    asked.signal(.term)
    #expect(asked.signals == [])
  }

  @Test func aWorkersDrainHookIsWaitedForUpToTheMaximum() {
    var plan = DrainPlan(window: WindowSource.kubernetes.window, source: .kubernetes)
    plan.hasDrainHooks = true
    var story = Story(plan)
    story.listeners = .none
    story.tell(.gateOpened)
    story.signal(.term)
    #expect(story.signals == [])
    story.tell(.hooksEnded(.drain), after: .seconds(1))
    #expect(story.signals == [.term])
    #expect(story.lifecycle.state.windowEnd == .noListener)
  }

  @Test func aDrainSignalThatComesAgainChangesNothing() {
    var story = Story.serving()
    story.signal(.term)
    story.signal(.term, after: .seconds(1))
    story.wait(.seconds(11))
    story.signal(.term)
    #expect(story.signals == [.term])
    #expect(story.lines.contains("SIGTERM again: still draining, at most 11s more"))
    #expect(story.lines.last == "SIGTERM again: the app is stopping")
  }

  @Test func aSecondInterruptFromOutsideEndsTheWindow() {
    var story = Story.serving()
    story.signal(.int)
    story.wait(.seconds(1))
    #expect(story.signals == [])
    story.signal(.int)
    #expect(story.signals == [.int])
  }

  @Test func anInterruptFromInsideIsPassedOn() {
    var story = Story.serving()
    story.signal(.int, from: 42)
    #expect(story.signals == [.int])
    #expect(story.lifecycle.phase == .serving)
  }

  @Test func theStopTimeoutEndsInSIGKILL() {
    var story = Story.serving { $0.stopTimeout = .seconds(3) }
    story.signal(.term)
    story.wait(.seconds(12))
    story.wait(.milliseconds(2999))
    #expect(story.signals == [.term])
    story.wait(.milliseconds(1))
    #expect(story.signals == [.term, .kill])
    #expect(story.lines.last == "nginx (pid 7) did not stop within 3s: SIGKILL")
  }

  @Test func aStoppedAppIsContinuedAfterItsStopSignal() {
    var story = Story.serving()
    story.tell(.appStopped(.stop))
    story.signal(.term)
    story.wait(.seconds(12))
    #expect(story.signals == [.term, .cont])
  }

  @Test func knownProgramsAreStoppedGracefully() {
    var story = Story.serving()
    story.tell(.signal(ReceivedSignal(signal: .quit), program: .nginx))
    story.wait(.seconds(12))
    #expect(story.signals == [.quit])
    var other = Story.serving()
    other.tell(.signal(ReceivedSignal(signal: .quit), program: .other))
    #expect(other.signals == [.quit])
    #expect(other.lifecycle.phase == .serving)
  }

  @Test func plainPassesEverythingOnEveryTime() {
    var story = Story.serving { $0.signals.isPlain = true }
    story.signal(.term)
    story.signal(.term)
    #expect(story.signals == [.term, .term])
    #expect(story.lifecycle.phase == .serving)
  }

  @Test func leftoversAreToldAndThenKilled() {
    var story = Story.serving { $0.orphans = .after(.seconds(2)) }
    story.hasLeftovers = true
    story.tell(.appEnded(.killed(.segv)))
    #expect(story.signals == [.term])
    story.wait(.seconds(2))
    #expect(story.signals == [.term, .kill])
    #expect(story.exitCode == 139)
  }

  @Test func readinessMayOutliveTheDrainSignalForAsLongAsAsked() {
    var story = Story.serving { $0.unreadyAfter = .seconds(2) }
    story.signal(.term)
    #expect(story.lifecycle.mayBeReady)
    story.wait(.seconds(2))
    #expect(!story.lifecycle.mayBeReady)
  }

  @Test func aSignalBeforeTheStartEndsTheWait() {
    var plan = DrainPlan(window: WindowSource.elsewhere.window, source: .elsewhere)
    plan.startsAfter = true
    var story = Story(plan)
    story.signal(.hup)
    #expect(story.exitCode == nil)
    story.signal(.term)
    #expect(story.exitCode == 143)
  }
}
