/// How long a silence must be to mean that nothing will come any more.
///
/// Its numbers, and those of `Moments`, are what the simulation left standing (QuietSimulationTests).
enum Silence {
  /// Never shorter: a client's retry, a page's next click and a seldom path's next request are. The
  /// fewer moments it follows, the less it says.
  static func floor(moments: UInt32) -> Interval {
    .milliseconds(5_700 &+ 2_200 / Int64(max(moments, 1)))
  }

  /// The silence that says, after arrivals in so many `moments` of which the last came `span` after
  /// the drain signal, that the rate they came at has ended: span · (e^(c/n) − 1), at least the floor.
  ///
  /// Had they kept coming at that rate, a silence as long would have a chance of e⁻ᶜ: with a rate of
  /// which nothing is known, n moments in `span` leave the chance (span / (span + silence))ⁿ that
  /// nothing comes in `silence`. The silence is tested anew after each of them, so c grows with their
  /// number: c = 6 + ln(n/4), at least 6. Nothing arrived: no silence says anything.
  static func needed(moments: UInt32, span: Interval) -> Interval {
    if moments == 0 { return .longest }
    let milliseconds = span.millisecondsRoundedUp
    let (product, overflow) = milliseconds.multipliedReportingOverflow(by: factor(moments))
    if overflow { return .longest }
    return max(floor(moments: moments), .milliseconds(product / 65_536 &+ 1))
  }

  /// e^(c/n) − 1 in 1/65536, rounded up.
  private static func factor(_ count: UInt32) -> Int64 {
    if count <= 16 { return factors[Int(count) &- 1] }
    // c/n is below 1/2: the first terms of the series are enough.
    let one: Int64 = 65_536
    let x = certainty(count) / Int64(count) &+ 1
    let square = x &* x / one &+ 1
    let cube = square &* x / one &+ 1
    return x &+ square / 2 &+ cube / 6 &+ cube &* x / one / 20 &+ 4
  }

  /// c in 1/65536, for four and more: a logarithm to base 2 that is straight between its powers.
  private static func certainty(_ count: UInt32) -> Int64 {
    let power = 31 &- count.leadingZeroBitCount
    let fraction = (Int64(count) << 16) >> Int64(power) &- 65_536
    // ln 2 is 45,426/65,536.
    return 6 * 65_536 &+ (Int64(power &- 2) << 16 &+ fraction) &* 45_426 / 65_536
  }

  private static var factors: InlineArray<16, Int64> {
    [
      26_373_574, 1_250_790, 418_714, 228_176, 161_982, 125_065, 101_748, 85_761,
      74_147, 65_338, 58_432, 52_874, 48_306, 44_484, 41_239, 38_449,
    ]
  }
}
