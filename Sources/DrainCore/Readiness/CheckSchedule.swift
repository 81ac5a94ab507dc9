/// A set of checks that are asked together, and when each of them may be run.
///
/// They run in rounds: a round starts every check that is due, and is over when the last of them has
/// reported. While a round is under way nothing else is started, and who asks shares its result.
/// Whoever owns the schedule decides when a round is wanted: `--ready`, `--live`, `--start-after` and
/// `--until` differ in that alone.
public struct CheckSchedule: Sendable {
  /// What the checks are called.
  public let names: [[UInt8]]
  /// How long after a round's start the next may start.
  public let every: Interval
  /// The checks that are being run.
  public private(set) var running = CheckMask()
  private var outcomes = InlineArray<16, CheckOutcome>(repeating: .neverRan)
  private var startTimes = InlineArray<16, Instant>(repeating: Instant(nanoseconds: 0))
  private var nextStarts = InlineArray<16, Instant>(repeating: Instant(nanoseconds: 0))
  private var durations = InlineArray<16, Interval>(repeating: .zero)
  private var periods = InlineArray<16, Interval>(repeating: .zero)

  /// Makes a schedule of the first `CheckLimits.count` of `checks`.
  public init(checks: [Check], every: Interval) {
    var names: [[UInt8]] = []
    self.every = every
    for (index, check) in checks.enumerated() where index < CheckLimits.count {
      names.append(CheckName.of(check))
      periods[index] = max(every, CheckSchedule.leastPeriod(of: check.kind))
    }
    self.names = names
  }

  /// How many checks there are, at most `CheckLimits.count`.
  public var count: Int { names.count }

  /// Whether every check held when it was last run; true where there is none.
  public var allHold: Bool {
    for index in 0..<count where !outcomes[index].doesHold { return false }
    return true
  }

  /// Whether a round is under way.
  public var isRunning: Bool { !running.isEmpty }

  /// The last outcome of a check; `neverRan` for one that does not exist.
  public func outcome(of check: Int) -> CheckOutcome {
    check >= 0 && check < count ? outcomes[check] : .neverRan
  }

  /// How long the check took when it was last run.
  public func duration(of check: Int) -> Interval {
    check >= 0 && check < count ? durations[check] : .zero
  }

  /// When the next round may start; never while one is under way or where there are no checks.
  public var nextRound: Instant {
    guard !isRunning else { return .never }
    var next = Instant.never
    for index in 0..<count { next = min(next, nextStarts[index]) }
    return next
  }

  /// Starts a round where one may start: the checks that are to be run now.
  public mutating func startRound(at now: Instant) -> CheckMask {
    guard !isRunning else { return CheckMask() }
    for index in 0..<count where nextStarts[index] <= now {
      running.insert(index)
      startTimes[index] = now
      nextStarts[index] = now + periods[index]
    }
    return running
  }

  /// Takes a check's outcome; true where it ended the round. One that was not awaited is ignored.
  public mutating func finish(_ check: Int, _ outcome: CheckOutcome, at now: Instant) -> Bool {
    guard running.contains(check) else { return false }
    running.remove(check)
    outcomes[check] = outcome
    durations[check] = now.since(startTimes[check])
    return running.isEmpty
  }

  /// Gives the round up: outcomes that still come are ignored.
  public mutating func abandonRound() { running = CheckMask() }

  /// How often a kind of check may run at most, whatever is asked for.
  private static func leastPeriod(of kind: Check.Kind) -> Interval {
    switch kind {
    // A program a second is load enough, however often somebody asks.
    case .exec: .seconds(1)
    case .listening, .tcp, .http, .send, .grpc, .unix, .file, .absent, .notify, .descriptor, .none:
      .zero
    }
  }
}

/// A set of checks, by their index.
public struct CheckMask: Equatable, BitwiseCopyable, Sendable {
  /// Bit n is check n.
  public private(set) var bits: UInt16 = 0

  public init() {}

  public var isEmpty: Bool { bits == 0 }

  /// Whether the check is in the set.
  public func contains(_ check: Int) -> Bool { bits & CheckMask.bit(check) != 0 }
  mutating func insert(_ check: Int) { bits |= CheckMask.bit(check) }
  mutating func remove(_ check: Int) { bits &= ~CheckMask.bit(check) }

  /// Takes the lowest check out of the set; nil where it is empty.
  public mutating func popFirst() -> Int? {
    guard bits != 0 else { return nil }
    let check = bits.trailingZeroBitCount
    remove(check)
    return check
  }

  private static func bit(_ check: Int) -> UInt16 {
    check >= 0 && check < 16 ? 1 << UInt16(check) : 0
  }
}
