import Testing

@testable import DrainCore

/// An app whose gate never opened: nobody is thought to send it anything, until somebody does.
@Suite struct NeverReadyTests {
  private func drained(_ listeners: Listeners = .tcp) -> Story {
    var plan = DrainPlan(
      window: DrainRange(minimum: .seconds(5), maximum: .seconds(12)), source: .given)
    plan.endsEarly = true
    plan.observes = true
    var story = Story(plan)
    story.listeners = listeners
    story.signal(.term)
    return story
  }

  @Test func whereNothingComesItHasItsMinimum() {
    var story = drained()
    #expect(story.lifecycle.state.isObserving)
    story.wait(.seconds(5))
    #expect(story.lifecycle.state.windowEnd == .minimum)
  }

  @Test func whoIsSentSomethingHasTheWindow() {
    var story = drained()
    story.tell(.arrived, after: .seconds(1))
    story.tell(.arrived, after: .seconds(1))
    let line = "it was never ready, and is sent requests: the window's maximum, 11s left"
    #expect(story.lines.filter { $0 == line }.count == 1, "\(story.lines)")
    story.wait(.seconds(9))
    #expect(story.lifecycle.phase == .draining)
    story.wait(.seconds(1))
    #expect(story.lifecycle.state.windowEnd == .maximum)
  }

  @Test func andItEndsWithTheTraffic() {
    var story = drained()
    story.tell(.arrived, after: .seconds(1))
    story.tell(.traffic(.quiet), after: .seconds(6))
    #expect(story.lifecycle.state.windowEnd == .quiet)
  }

  @Test func whatCannotBeSeenCountsAsThere() {
    var story = drained(.unseen)
    story.wait(.seconds(11))
    #expect(story.lifecycle.phase == .draining)
    story.wait(.seconds(1))
    #expect(story.lifecycle.state.windowEnd == .maximum)
  }

  @Test func anArrivalChangesNoOtherWindow() {
    var story = Story.serving { $0.observes = true }
    story.signal(.term)
    story.tell(.live(false), after: .seconds(1))
    story.tell(.arrived, after: .seconds(1))
    #expect(!story.lines.contains { $0.contains("never ready") })
    story.wait(.seconds(3))
    #expect(story.lifecycle.phase == .stopping)
  }
}
