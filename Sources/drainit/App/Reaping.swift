import DrainCore
import DrainLinux

/// When children that have ended are looked for: in bounded batches, so that a burst stops neither probes
/// nor signals, and less often where each look has thousands to walk past.
struct Reaping {
  /// Whether children may have changed that were not looked at yet.
  private(set) var isOwed = false
  private var due = Instant(nanoseconds: 0)
  private var looks: Int64 = 0
  private var spent = Interval.zero

  /// When the next batch is due; never where nothing is owed.
  var nextDeadline: Instant { isOwed ? due : .never }

  /// A child has changed, or may have.
  mutating func owe() { isOwed = true }

  /// Begins a batch, with what of the processor was spent by then.
  mutating func begin(spent: Interval) {
    looks = 0
    self.spent = spent
  }

  /// The next of the batch, as `look` finds it; nil at its end.
  mutating func next(_ look: () -> Reaper.Outcome) -> Reaper.Outcome? {
    guard isOwed, looks < Int64(Reaper.childrenATurn) else { return nil }
    looks &+= 1
    let outcome = look()
    if case .change = outcome { return outcome }
    isOwed = false
    return outcome == .noChildren ? outcome : nil
  }

  /// Ends a batch. Where thousands of children live each look walks past them all: while they end one after
  /// another, most are reaped by the pid that SIGCHLD names, and what is left when there are fewer.
  mutating func end(spent: Interval, at now: Instant) {
    let took = (spent - self.spent).nanoseconds
    if took > looks &* Reaper.shortLook { due = now + Reaper.pause(afterLooking: took) }
  }
}
