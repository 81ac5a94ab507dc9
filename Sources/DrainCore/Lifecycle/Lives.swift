/// How often drainit has come back, and whether it may still do everything that it did.
public struct Lives: Equatable, BitwiseCopyable, Sendable {
  /// How often it came back.
  public var count: UInt32 = 0
  /// When it came back last, and the two times before.
  public var times = InlineArray<3, Instant>(repeating: Instant(nanoseconds: 0))

  public init() {}

  /// How close the third come-back must follow the first for it to be bare.
  public static var window: Interval { .seconds(60) }

  /// Notes that it has just come back.
  public mutating func comeBack(now: Instant) {
    // Once bare it stays bare: what brought it down is still in the rest.
    let wasBare = isBare
    if count < UInt32.max { count &+= 1 }
    if wasBare { return }
    times[2] = times[1]
    times[1] = times[0]
    times[0] = now
  }

  /// Whether endpoint, checks and observation stay off.
  public var isBare: Bool {
    count >= 3 && times[0].since(times[2]) <= Lives.window
  }

  public static func == (left: Lives, right: Lives) -> Bool {
    left.count == right.count && left.times[0] == right.times[0]
      && left.times[1] == right.times[1] && left.times[2] == right.times[2]
  }
}
