import Testing

@testable import DrainCore

/// What a drain signal leads to, in which order.
@Suite struct DrainOrderTests {
  private func names(_ story: Story) -> [String] {
    story.done.compactMap {
      switch $0 {
      case .signalApp(let signal): "signal \(signal.number)"
      case .observeTraffic: "observe"
      case .stopObserving: "stop observing"
      case .runHooks(let moment): "hooks \(moment)"
      case .askUntil: "ask until"
      default: nil
      }
    }
  }

  @Test func aWorkerHearsTheNoticeBeforeItsStop() {
    var plan = DrainPlan(window: WindowSource.kubernetes.window, source: .kubernetes)
    plan.notice = .usr1
    var story = Story(plan)
    story.listeners = .none
    story.tell(.gateOpened)
    story.signal(.term)
    #expect(story.signals == [.usr1, .term])
  }

  @Test func nothingIsObservedAfterTheStopSignal() {
    var story = Story.serving {
      $0.window = DrainRange(minimum: .zero, maximum: .seconds(8))
      $0.hasLiveCheck = true
      $0.endsEarly = true
      $0.observes = true
    }
    // A file's state is known at once.
    story.isLive = false
    story.signal(.term)
    #expect(names(story) == ["observe", "stop observing", "signal 15"])
  }

  @Test func whatListensOnNothingIsNotObserved() {
    var plan = DrainPlan(window: WindowSource.kubernetes.window, source: .kubernetes)
    plan.observes = true
    var story = Story(plan)
    story.listeners = .none
    story.tell(.gateOpened)
    story.signal(.term)
    #expect(names(story) == ["signal 15"])
  }

  @Test func whatDeregistersWaitsForWhatRegisters() {
    var story = Story.serving {
      $0.hasReadyHooks = true
      $0.hasDrainHooks = true
    }
    story.signal(.term)
    #expect(names(story) == ["hooks ready"])
    story.tell(.hooksEnded(.ready), after: .seconds(1))
    #expect(names(story) == ["hooks ready", "hooks drain"])
    story.tell(.hooksEnded(.drain), after: .seconds(30))
    #expect(names(story) == ["hooks ready", "hooks drain", "signal 15"])
  }

  @Test func hooksThatHadToWaitTooLongAreNotRunAndThatIsSaid() {
    var story = Story.serving {
      $0.hasReadyHooks = true
      $0.hasDrainHooks = true
    }
    story.signal(.term)
    story.wait(.seconds(12))
    story.tell(.hooksEnded(.ready), after: .seconds(1))
    #expect(names(story) == ["hooks ready", "signal 15"])
    #expect(
      story.lines.contains(
        "--on-drain was not run: what --on-ready runs took longer than the window"))
  }

  @Test func aSignalThatIsPassedOnAndEndsTheWindowIsRemembered() {
    var lifecycle = Story.serving().lifecycle
    let start = Instant(nanoseconds: 0) + .seconds(1)
    let usr1 = Event.signal(ReceivedSignal(signal: .usr1, senderPID: 7), program: .other)
    let term = Event.signal(ReceivedSignal(signal: .term), program: .other)
    #expect(lifecycle.handle(usr1, now: start).isForwarding)
    _ = lifecycle.handle(term, now: start)
    let late = lifecycle.handle(usr1, now: start + .seconds(12))
    #expect(lifecycle.phase == .stopping)
    #expect(!late.isForwarding)
  }
}
