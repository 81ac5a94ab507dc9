/// The sum that has to fit into the grace: window, stop timeout, orphans, exit hooks, and a second for
/// drainit itself. What is not in use counts nothing.
public struct Budget: Equatable, BitwiseCopyable, Sendable {
  public var window: Interval
  public var stop: Interval
  public var orphans: Interval
  public var exitHook: Interval
  public var grace: Interval

  /// The second that drainit keeps for itself, so that the platform's SIGKILL comes after the end.
  public static var reserve: Interval { .seconds(1) }
  /// The least that the app gets to stop where no stop timeout was given.
  public static var leastStop: Interval { .seconds(1) }

  /// The least that left-overs get that are waited for.
  public static var leastOrphans: Interval { .seconds(1) }

  /// All that is planned.
  public var sum: Interval { window + stop + orphans + exitHook + Budget.reserve }

  /// Whether the plan fits.
  public var fits: Bool { sum <= grace }

  /// The plan's budget where it has a grace; nil without one.
  public init?(_ plan: DrainPlan) {
    guard let grace = plan.grace else { return nil }
    self.grace = grace
    window = plan.window.maximum
    stop = plan.stopTimeout ?? Budget.leastStop
    orphans =
      switch plan.orphans {
      case .end: .zero
      case .after(let time): time
      case .wait: Budget.leastOrphans
      }
    exitHook = plan.exitHookTimeout ?? .zero
  }

  /// Says by how much the plan is too long: `12s window + 10s stop timeout + 1s = 23s`.
  public func append(to buffer: inout ByteBuffer) {
    buffer.append(window)
    buffer.append(" window + ")
    buffer.append(stop)
    buffer.append(" stop timeout")
    if orphans > .zero {
      buffer.append(" + ")
      buffer.append(orphans)
      buffer.append(" orphans")
    }
    if exitHook > .zero {
      buffer.append(" + ")
      buffer.append(exitHook)
      buffer.append(" exit hooks")
    }
    buffer.append(" + 1s = ")
    buffer.append(sum)
  }
}

extension DrainPlan {
  /// Makes the plan fit into its grace, which only a window that nobody asked for can be shrunk to.
  ///
  /// - Throws: the budget that does not fit.
  public mutating func fitIntoGrace() throws(BudgetError) {
    guard var budget = Budget(self), !budget.fits else { return }
    if windowSource != .given {
      window.maximum = window.maximum - (budget.sum - budget.grace)
      window.minimum = min(window.minimum, window.maximum)
      budget.window = window.maximum
    }
    if !budget.fits { throw BudgetError(budget: budget) }
  }

  /// The moment of the app's SIGKILL where it is sent its stop signal at `now` and the drain began at
  /// `drainedAt`; never without a grace and a stop timeout.
  public func killTime(now: Instant, drainedAt: Instant) -> Instant {
    if let stopTimeout { return now + stopTimeout }
    return max(now + Budget.leastStop, stopLimit(drainedAt: drainedAt))
  }

  /// The moment of the SIGKILL of left-overs that are waited for, where a stop was asked for at
  /// `stopAskedAt`: the end of the grace, but a second of it at least is theirs. Never without a grace.
  public func leftoversEnd(now: Instant, stopAskedAt: Instant) -> Instant {
    guard let grace else { return .never }
    return max(now + Budget.leastOrphans, stopAskedAt + (grace - Budget.reserve))
  }

  /// The latest moment at which the app may still be stopping, whatever it asks for.
  public func stopLimit(drainedAt: Instant) -> Instant {
    guard let budget = Budget(self) else { return .never }
    let rest = budget.orphans + budget.exitHook + Budget.reserve
    return drainedAt + (budget.grace - rest)
  }
}

/// A plan that does not fit into its grace.
public struct BudgetError: Error, Equatable, BitwiseCopyable, Sendable {
  public var budget: Budget
}
