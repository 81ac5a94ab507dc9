/// How long the drain window may be: `minimum` to `maximum`.
public struct DrainRange: Equatable, BitwiseCopyable, Sendable {
  public var minimum: Interval
  public var maximum: Interval

  public init(minimum: Interval, maximum: Interval) {
    self.minimum = minimum
    self.maximum = maximum
  }
}
