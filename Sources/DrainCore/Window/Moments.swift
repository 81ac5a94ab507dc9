/// In how many moments something came: what many connections at once are one sign of.
///
/// A moment begins with an arrival and takes in all that come within its length: the six connections of
/// a page, the forty of a cron job and a storm are one sign each, not six, forty and two hundred. It is
/// 200 ms long and, in a long window, a sixty-fourth of the time that has passed.
///
/// A look tells of arrivals in no order, and closings are told between them: what came since the last
/// look is kept as ticks of one word, and counted in their order.
struct Moments: BitwiseCopyable, Sendable {
  /// How many there were.
  private(set) var count: UInt32 = 0
  /// When the last of those before `base` began.
  private(set) var lastBegan = Instant.never
  private var counted: UInt32 = 0
  private var begun = Instant.never
  /// When the ticks begin, and how long each is.
  private var base = Instant.never
  private var tick = Interval.milliseconds(25)
  private var ticks: UInt64 = 0

  /// Forgets all of them; a window begins.
  mutating func begin(at moment: Instant) {
    self = Moments()
    begun = moment
    turn(at: moment, next: .seconds(2))
  }

  /// Goes on with what another life counted.
  mutating func restore(count: UInt32, lastBegan: Instant) {
    counted = count
    self.count = count
    self.lastBegan = lastBegan
  }

  /// Notes an arrival; one from before the last look counts as if it came right after it.
  mutating func note(_ moment: Instant) {
    let index = min(moment.since(base).nanoseconds / max(tick.nanoseconds, 1), 63)
    let bit: UInt64 = 1 << UInt64(index)
    if ticks & bit != 0 { return }
    ticks |= bit
    count = walk().count
  }

  /// A look is complete that began at `moment`; the next one begins in `next`, or sooner.
  mutating func turn(at moment: Instant, next: Interval) {
    let (count, last) = walk()
    counted = count
    lastBegan = last
    ticks = 0
    base = moment
    let longest = max(
      Moments.length(at: moment.since(begun)).nanoseconds / 8, next.nanoseconds / 64)
    tick = Interval(nanoseconds: longest)
  }

  /// How long a moment is, so long after the window's begin.
  static func length(at elapsed: Interval) -> Interval {
    max(.milliseconds(200), Interval(nanoseconds: elapsed.nanoseconds / 64))
  }

  private func walk() -> (count: UInt32, last: Instant) {
    var count = counted
    var last = lastBegan
    var left = ticks
    while left != 0 {
      let index = Int64(left.trailingZeroBitCount)
      left &= left &- 1
      let at = base + tick.times(index)
      if count > 0 && at.since(last) < Moments.length(at: at.since(begun)) { continue }
      count = QuietRule.sum(count, 1)
      last = at
    }
    return (count, last)
  }
}
