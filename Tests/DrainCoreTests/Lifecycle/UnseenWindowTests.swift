import Testing

@testable import DrainCore

@Suite struct UnseenWindowTests {
  private func drained(
    _ listeners: Listeners, _ change: (inout DrainPlan) -> Void = { _ in }
  ) -> Story {
    var story = Story.serving {
      $0.endsEarly = true
      $0.observes = true
      change(&$0)
    }
    story.listeners = listeners
    story.signal(.term)
    return story
  }

  @Test(arguments: [Listeners.both, .unseen, .partly])
  func whatIsSeenDoesNotEndAWindowOverWhatIsNot(_ listeners: Listeners) {
    var story = drained(listeners)
    story.tell(.traffic(.quiet), after: .seconds(6))
    #expect(story.lifecycle.phase == .draining)
    story.wait(.seconds(6))
    #expect(story.lifecycle.state.windowEnd == .maximum)
  }

  @Test func besideTCPTheEvidenceIsWatchedAndTheLogSaysWhy() {
    let story = drained(.both)
    #expect(story.lifecycle.state.isObserving)
    #expect(
      story.lines.contains(
        "a UDP or UNIX socket beside TCP, whose arrivals cannot be seen: the window's maximum, 12s left"
      ))
  }

  @Test(arguments: [true, false])
  func oneThatOpensInTheWindowHoldsItThoughTCPHasBeenQuiet(_ isAsked: Bool) {
    var story = drained(.tcp) { $0.hasUntilChecks = isAsked }
    story.tell(.traffic(.quiet), after: .seconds(2))
    if isAsked { story.tell(.untilChecked(true), after: .zero) }
    story.tell(.listeners(.both), after: .seconds(1))
    story.wait(.seconds(8))
    #expect(story.lifecycle.phase == .draining)
    #expect(story.lines.contains { $0.contains("a UDP or UNIX socket beside TCP") })
    story.wait(.seconds(1))
    #expect(story.lifecycle.state.windowEnd == .maximum)
  }

  @Test func theSummaryNamesThemWhereNothingWasWatched() {
    var story = drained(.unseen)
    story.wait(.seconds(12))
    story.tell(.appEnded(.exited(code: 0)))
    #expect(
      story.lines.contains {
        $0.contains("(max), held by sockets that cannot be seen; nginx exited 0")
      }, "\(story.lines)")
  }

  @Test func aCheckOfUntilEndsNoWindowOverThem() {
    var story = drained(.both) { $0.hasUntilChecks = true }
    story.tell(.traffic(.quiet), after: .seconds(6))
    story.tell(.untilChecked(true), after: .seconds(1))
    #expect(story.lifecycle.phase == .draining)
    #expect(!story.done.contains { if case .askUntil = $0 { true } else { false } })
  }

  @Test func aClientsSocketIsNamedAndNobodyIsWaitedFor() {
    var story = drained(.client) { $0.windowSource = .kubernetes }
    #expect(story.lifecycle.state.windowEnd == .noListener)
    #expect(!story.lines.contains { $0.contains("listens on nothing") })
    #expect(story.lines.contains { $0.contains("a server's: --port") }, "\(story.lines)")
    story = drained(.client)
    #expect(story.lifecycle.phase == .draining && !story.lifecycle.state.hasUnseen)
  }
}
