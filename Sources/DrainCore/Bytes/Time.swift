/// A span of time in whole nanoseconds, 0 to about 146 years; sums saturate, nothing overflows.
public struct Interval: Equatable, Comparable, BitwiseCopyable, Sendable {
  /// The length in nanoseconds, never negative.
  public let nanoseconds: Int64

  /// Makes a span of `nanoseconds`, clamped to what the type holds.
  public init(nanoseconds: Int64) {
    self.nanoseconds = min(max(nanoseconds, 0), Interval.limit)
  }

  /// The longest span, which stands for "longer than any container lives".
  public static var longest: Interval { Interval(nanoseconds: limit) }
  /// No time at all.
  public static var zero: Interval { Interval(nanoseconds: 0) }

  /// A span of whole milliseconds.
  public static func milliseconds(_ count: Int64) -> Interval { scaled(count, by: 1_000_000) }
  /// A span of whole seconds.
  public static func seconds(_ count: Int64) -> Interval { scaled(count, by: 1_000_000_000) }

  /// The span in milliseconds, rounded up, so that a timer set to it never fires early.
  public var millisecondsRoundedUp: Int64 { (nanoseconds &+ 999_999) / 1_000_000 }

  public static func < (left: Interval, right: Interval) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The sum, at most `longest`.
  public static func + (left: Interval, right: Interval) -> Interval {
    Interval(nanoseconds: left.nanoseconds &+ right.nanoseconds)
  }

  /// The difference, at least `zero`.
  public static func - (left: Interval, right: Interval) -> Interval {
    Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
  }

  // 2^62 - 1: two of them still add without wrapping.
  private static var limit: Int64 { (1 << 62) - 1 }

  private static func scaled(_ count: Int64, by factor: Int64) -> Interval {
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    if overflow { return count < 0 ? .zero : .longest }
    return Interval(nanoseconds: product)
  }
}

/// A moment on CLOCK_MONOTONIC or on a test's invented clock, in nanoseconds since that clock's zero.
public struct Instant: Equatable, Comparable, BitwiseCopyable, Sendable {
  /// Nanoseconds since the clock's zero.
  public let nanoseconds: Int64

  /// Makes a moment from a clock reading, clamped to what the type holds.
  public init(nanoseconds: Int64) {
    self.nanoseconds = Interval(nanoseconds: nanoseconds).nanoseconds
  }

  /// A moment that never comes.
  public static var never: Instant { Instant(nanoseconds: Int64.max) }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The moment `interval` later, at most `never`.
  public static func + (moment: Instant, interval: Interval) -> Instant {
    Instant(nanoseconds: moment.nanoseconds &+ interval.nanoseconds)
  }

  /// The time from `earlier` to this moment; zero where `earlier` is later.
  public func since(_ earlier: Instant) -> Interval {
    Interval(nanoseconds: nanoseconds &- earlier.nanoseconds)
  }
}
