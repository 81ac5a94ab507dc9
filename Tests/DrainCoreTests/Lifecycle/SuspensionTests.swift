import Testing

@testable import DrainCore

/// An app that suspends itself: nobody but drainit could continue it.
@Suite struct SuspensionTests {
  private func continuations(_ story: Story) -> Int {
    story.signals.filter { $0 == .cont }.count
  }

  @Test(arguments: [false, true])
  func whoDoesItAgainAndAgainIsContinuedOnceASecond(stops: Bool) {
    var story = Story.serving { $0.signals.isFirstProcess = true }
    if stops {
      story.signal(.term)
      story.wait(.seconds(12))
      #expect(story.lifecycle.phase == .stopping)
    }
    for _ in 0..<100 { story.tell(.appStopped(.tstp), after: .milliseconds(30)) }
    #expect(continuations(story) == 3)
    #expect(story.lines.filter { $0.contains("was stopped by SIGTSTP") }.count == 3)
    // The last one, too.
    story.wait(.seconds(1))
    #expect(continuations(story) == 4)
    story.wait(.seconds(60))
    #expect(continuations(story) == 4)
  }

  @Test func whoIsContinuedBySomebodyElseIsNotContinuedLater() {
    var story = Story.serving { $0.signals.isFirstProcess = true }
    story.tell(.appStopped(.tstp))
    story.tell(.appStopped(.tstp))
    story.tell(.appContinued)
    story.tell(.appStopped(.stop))
    story.wait(.seconds(9))
    #expect(continuations(story) == 1)
    #expect(story.lines.last?.contains("was stopped by SIGSTOP and stays so") == true)
  }

  @Test func aPersonsOwnStopWhileItEndsIsContinuedWhateverWasBefore() {
    var story = Story.serving { $0.signals.isFirstProcess = false }
    story.signal(.term)
    story.wait(.seconds(12))
    for signal in [Signal.ttin, .tstp, .ttou, .tstp] {
      story.tell(.appStopped(signal), after: .seconds(2))
    }
    #expect(continuations(story) == 3)
    #expect(story.lines.last?.contains("SIGTSTP, and nobody else could continue it") == true)
  }
}
