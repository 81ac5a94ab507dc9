/// How often the kubelet asks `/readyz`, as its own requests have shown it: from the drain signal on, that is
/// how long before the window's end it must begin to fail, to be seen at all.
public struct KubeletProbes: Equatable, BitwiseCopyable, Sendable {
  // A container that becomes ready is asked between two periods, too, and a busy node asks late: the
  // longest of a few is the period, or more.
  private var gaps = InlineArray<4, Interval>(repeating: .zero)
  private var count: UInt8 = 0
  private var last = Instant.never

  public init() {}

  /// How much later than its period a probe may come and be answered.
  public static var slack: Interval { .seconds(2) }

  /// Notes a request of the kubelet's.
  public mutating func note(at now: Instant) {
    if last != .never {
      gaps[Int(count & 3)] = now.since(last)
      count = count < 8 ? count &+ 1 : 5
    }
    last = now
  }

  /// The period of its probes; nil where none is known.
  public var period: Interval? {
    if count == 0 { return nil }
    var longest = gaps[0]
    for index in 1..<4 { longest = max(longest, gaps[index]) }
    return longest
  }

  /// For how long of a window it may be answered 200: it must be told before the end. Zero is not at all.
  public func spared(of window: Interval) -> Interval {
    guard let period, period < window, period + KubeletProbes.slack < window else { return .zero }
    return window - (period + KubeletProbes.slack)
  }

  public static func == (left: KubeletProbes, right: KubeletProbes) -> Bool {
    left.count == right.count && left.last == right.last && left.gaps[0] == right.gaps[0]
      && left.gaps[1] == right.gaps[1] && left.gaps[2] == right.gaps[2]
      && left.gaps[3] == right.gaps[3]
  }
}
