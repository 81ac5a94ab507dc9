import Testing

@testable import DrainCore

@Suite struct LeavingTests {
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

  @Test func thoseThatAreWaitedForAreToldOfAStopAndBoundByTheGrace() {
    var story = Story.serving {
      $0.orphans = .wait
      $0.grace = .seconds(30)
    }
    story.hasLeftovers = true
    story.signal(.term)
    story.tell(.appEnded(.exited(code: 3)), after: .seconds(2))
    #expect(story.signals == [.term])
    // A platform may repeat it.
    story.signal(.term, after: .seconds(1))
    #expect(story.signals == [.term])
    story.wait(.seconds(25))
    #expect(story.exitCode == nil)
    story.wait(.seconds(1))
    #expect(story.signals == [.term, .kill])
    #expect(story.exitCode == 3)
  }

  @Test func aSecondOfTheGraceIsTheLeftOvers() {
    var story = Story.serving {
      $0.orphans = .wait
      $0.grace = .seconds(20)
    }
    story.hasLeftovers = true
    story.signal(.term)
    // The window is over after 12 s; the app ignores its stop signal until its kill, at 18.
    story.wait(.seconds(18))
    #expect(story.signals == [.term, .kill])
    story.tell(.appEnded(.killed(.kill)))
    #expect(story.signals == [.term, .kill, .term])
    story.wait(.milliseconds(900))
    #expect(story.exitCode == nil)
    story.wait(.milliseconds(100))
    #expect(story.exitCode == 137)
  }

  @Test func aStopThatComesWhileTheyAreWaitedForHasTheWholeGrace() {
    var story = ended {
      $0.orphans = .wait
      $0.grace = .seconds(30)
    }
    story.wait(.seconds(1000))
    #expect(story.signals == [])
    story.signal(.term)
    story.wait(.seconds(28))
    #expect(story.signals == [.term])
    story.wait(.seconds(1))
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
