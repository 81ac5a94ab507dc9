@testable import DrainCore

/// SplitMix64: a seed in, the same history out, on every machine.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// A number below `bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  /// True once in `times`.
  mutating func once(in times: Int) -> Bool { below(times) == 0 }

  /// A time up to `limit`, often a short or a round one.
  mutating func time(upTo limit: Interval) -> Interval {
    switch below(4) {
    case 0: .zero
    case 1: .milliseconds(Int64(below(50)))
    case 2: .seconds(Int64(below(Int(limit.nanoseconds / 1_000_000_000) + 1)))
    default: Interval(nanoseconds: Int64(next() % UInt64(limit.nanoseconds + 1)))
    }
  }
}
