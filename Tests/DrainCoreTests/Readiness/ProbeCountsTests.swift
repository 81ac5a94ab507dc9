import Testing

@testable import DrainCore

/// `--until probed:N`: whether every prober has seen `/readyz` fail.
@Suite struct ProbeCountsTests {
  private func second(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  @Test func whereNobodyAskedNobodyHasHeard() {
    var counts = ProbeCounts()
    #expect(!counts.haveAll(heard: 1, drainedAt: second(100)))
    // Who comes after the signal alone is no prober that was sending.
    counts.refused(.v4(1))
    #expect(!counts.haveAll(heard: 1, drainedAt: second(100)))
  }

  @Test func allOfThemMustHaveHeard() {
    var counts = ProbeCounts()
    counts.asked(.v4(1), at: second(90))
    counts.asked(.v4(2), at: second(95))
    for _ in 0..<3 { counts.refused(.v4(1)) }
    counts.refused(.v4(2))
    #expect(counts.haveAll(heard: 1, drainedAt: second(100)))
    #expect(!counts.haveAll(heard: 2, drainedAt: second(100)))
    counts.refused(.v4(2))
    #expect(counts.haveAll(heard: 2, drainedAt: second(100)))
  }

  @Test func whoHasNotAskedForAMinuteIsNotWaitedFor() {
    var counts = ProbeCounts()
    counts.asked(.v4(1), at: second(39))
    counts.asked(.v4(2), at: second(90))
    counts.refused(.v4(2))
    #expect(counts.haveAll(heard: 1, drainedAt: second(100)))
  }

  @Test func theSixteenThatAskedLastAreRemembered() {
    var counts = ProbeCounts()
    for number in 0..<20 { counts.asked(.v4(UInt32(number)), at: second(Int64(number))) }
    for number in 4..<20 { counts.refused(.v4(UInt32(number))) }
    #expect(counts.haveAll(heard: 1, drainedAt: second(20)))
    counts.asked(.v4(99), at: second(20))
    #expect(!counts.haveAll(heard: 1, drainedAt: second(20)))
  }
}
