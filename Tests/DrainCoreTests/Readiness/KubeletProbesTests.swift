import Testing

@testable import DrainCore

@Suite struct KubeletProbesTests {
  private func probes(at seconds: [Int64]) -> KubeletProbes {
    var probes = KubeletProbes()
    for second in seconds { probes.note(at: Instant(nanoseconds: 0) + .seconds(second)) }
    return probes
  }

  @Test(
    arguments: [
      ([], nil), ([7], nil), ([7, 9], 2), ([7, 9, 11, 13], 2),
      // Asked once more between two periods, and late on a busy node.
      ([0, 1, 11, 21], 10), ([0, 2, 9, 11], 7),
      // What was once is forgotten.
      ([0, 30, 32, 34, 36, 38], 2), ([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 28], 10),
    ] as [([Int64], Int64?)])
  func thePeriodIsTheLongestOfTheLastGaps(seconds: [Int64], period: Int64?) {
    #expect(probes(at: seconds).period == period.map { .seconds($0) })
  }

  @Test(
    arguments: [([0, 2], 8), ([0, 5], 5), ([0, 10], 0), ([0, 9], 1), ([0, 60], 0), ([0], 0)]
      as [([Int64], Int64)])
  func itIsSparedUntilItsPeriodAndTwoSecondsBeforeTheEnd(seconds: [Int64], spared: Int64) {
    #expect(probes(at: seconds).spared(of: .seconds(12)) == .seconds(spared))
  }
}

@Suite struct KubeletStoryTests {
  private func story(_ change: (inout DrainPlan) -> Void = { _ in }) -> Story {
    var story = Story.serving {
      $0.sparesKubelet = true
      $0.hasLiveCheck = true
      change(&$0)
    }
    for _ in 0..<4 { story.tell(.kubeletAsked, after: .seconds(2)) }
    return story
  }

  @Test func theKubeletIsToldBeforeTheEndAndEverybodyElseAtOnce() {
    var story = story()
    story.signal(.term)
    #expect(!story.lifecycle.mayBeReady && story.lifecycle.mayBeReadyForKubelet)
    story.wait(.milliseconds(7900))
    #expect(story.lifecycle.mayBeReadyForKubelet)
    story.wait(.milliseconds(200))
    #expect(!story.lifecycle.mayBeReadyForKubelet && story.lifecycle.phase == .draining)
    #expect(story.lines.last == "not ready from now on for the kubelet, too")
  }

  @Test func ofAHungAppItIsToldAtOnce() {
    var story = story()
    story.signal(.term)
    story.tell(.live(false), after: .milliseconds(100))
    #expect(!story.lifecycle.mayBeReadyForKubelet)
  }

  @Test func whereNoPeriodIsKnownItIsToldAtOnce() {
    var story = Story.serving { $0.sparesKubelet = true }
    story.tell(.kubeletAsked, after: .seconds(2))
    story.signal(.term)
    #expect(!story.lifecycle.mayBeReadyForKubelet)
  }

  @Test func aGivenTimeIsForEverybody() {
    var story = story {
      $0.sparesKubelet = false
      $0.unreadyAfter = .seconds(3)
    }
    story.signal(.term)
    story.wait(.milliseconds(2900))
    #expect(story.lifecycle.mayBeReady && story.lifecycle.mayBeReadyForKubelet)
    story.wait(.milliseconds(200))
    #expect(!story.lifecycle.mayBeReady && !story.lifecycle.mayBeReadyForKubelet)
  }
}
