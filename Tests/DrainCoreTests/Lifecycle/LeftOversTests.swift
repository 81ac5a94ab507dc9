import Testing

@testable import DrainCore

@Suite struct LeftOversTests {
  private func ended(_ change: (inout DrainPlan) -> Void) -> Story {
    var story = Story.serving(change)
    story.hasLeftovers = true
    story.tell(.appEnded(.exited(code: 3)))
    return story
  }

  @Test func theExitHooksTimeIsNotTheLeftOvers() {
    var story = ended {
      $0.exitHookTimeout = .seconds(5)
      $0.orphans = .wait
    }
    story.tell(.hooksEnded(.exit), after: .seconds(1))
    story.wait(.seconds(3600))
    #expect(story.signals == [])
    #expect(story.exitCode == nil)
    story.tell(.nobodyLeft)
    #expect(story.exitCode == 3)
  }

  @Test func theyAreDealtWithOnceWhateverIsFoundAgain() {
    var story = ended { $0.orphans = .after(.seconds(10)) }
    #expect(story.signals == [.term])
    // A drainit that comes back asks again.
    story.tell(.leftoversFound, after: .seconds(9))
    #expect(story.signals == [.term])
    story.wait(.seconds(1))
    #expect(story.signals == [.term, .kill])
    #expect(story.exitCode == 3)
  }

  @Test func anAppThatIsStoppedWhileItIsKilledGoesOn() {
    var story = Story.serving { $0.stopTimeout = .seconds(2) }
    story.signal(.term)
    story.wait(.seconds(14))
    #expect(story.lifecycle.phase == .killing)
    #expect(story.signals == [.term, .kill])
    // A signal that was sent before the SIGKILL may be told of after it.
    story.tell(.appStopped(.stop))
    #expect(story.signals == [.term, .kill, .cont])
  }
}
