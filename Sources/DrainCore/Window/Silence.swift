/// How long a silence must be to mean that nothing will come any more.
enum Silence {
  /// Never shorter: a kubelet's probe, a client's retry and a proxy's idle moment are.
  static var floor: Interval { .seconds(4) }

  /// The silence that says, after `count` arrivals of which the last came `span` after the drain
  /// signal, that the rate they came at has ended: span · (e^(7/count) − 1), at least the floor.
  ///
  /// Had they kept coming at that rate, a silence as long would have a chance of e⁻⁷, about 0.1 %:
  /// with a rate of which nothing is known, `count` arrivals in `span` leave the chance
  /// (span / (span + silence))^count that none comes in `silence`. Nothing arrived: no silence says
  /// anything.
  static func needed(count: UInt32, span: Interval) -> Interval {
    if count == 0 { return .longest }
    let milliseconds = span.millisecondsRoundedUp
    let (product, overflow) = milliseconds.multipliedReportingOverflow(by: factor(count))
    if overflow { return .longest }
    return max(floor, .milliseconds(product / 65_536 &+ 1))
  }

  /// e^(7/count) − 1 in 1/65536, rounded up.
  private static func factor(_ count: UInt32) -> Int64 {
    if count <= 16 { return factors[Int(count) &- 1] }
    // 7/count is below 1/2: the first terms of the series are enough.
    let one: Int64 = 65_536
    let x = 7 &* one / Int64(count) &+ 1
    let square = x &* x / one &+ 1
    let cube = square &* x / one &+ 1
    return x &+ square / 2 &+ cube / 6 &+ cube &* x / one / 20 &+ 4
  }

  private static var factors: InlineArray<16, Int64> {
    [
      71_803_415, 2_104_719, 610_289, 311_598, 200_226, 144_918, 112_610, 91_677,
      77_112, 66_438, 58_301, 51_905, 46_752, 42_515, 38_973, 35_969,
    ]
  }
}
