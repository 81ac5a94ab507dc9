import CLinux
import DrainCore
import DrainLinux

/// Where events come from: the loop, and the two ways in which signals reach it.
struct Sources: ~Copyable {
  var loop: EventLoop
  var signals: SignalQueue
  var faults: FaultSignals
  /// What the app's dispositions were before drainit changed its own.
  let dispositions: Dispositions
  /// How many signals were read in this turn.
  private var taken = 0

  /// Blocks signals before anything else: from here on none is lost.
  ///
  /// - Parameter earlier: what an earlier drainit in this process left.
  init(_ earlier: HandOver?) throws(Errno) {
    // Locals first: Swift does not undo half an init of a noncopyable value.
    let signals = try SignalQueue(originalMask: earlier?.mask)
    var dispositions = Dispositions()
    if let earlier {
      dispositions = Dispositions(
        changed: earlier.changedDispositions, ignored: earlier.ignoredDispositions)
    }
    let faults = try FaultSignals(replacing: &dispositions)
    try dispositions.makeDefault(.chld)
    let loop = try EventLoop()
    try loop.add(signals.number, EventToken(.signals), .arrivals)
    try loop.add(faults.number, EventToken(.faults), .reading)
    self.signals = signals
    self.dispositions = dispositions
    self.faults = faults
    self.loop = loop
  }

  /// Waits, which begins a turn; how many events there are, or -1 where the wait is refused.
  mutating func wait(until deadline: Instant?) -> Int {
    taken = 0
    return loop.wait(until: deadline)
  }

  /// The next signal of this turn, or nil. A few a turn, so that a storm of them stops no probe.
  mutating func nextSignal() -> ReceivedSignal? {
    if taken == Sources.signalsATurn { return nil }
    taken &+= 1
    return signals.next()
  }

  static var signalsATurn: Int { 4 }

  /// When there may be more of them without an event: at once, or never.
  var nextDeadline: Instant {
    mutating get { signals.mayHaveMore ? Instant(nanoseconds: 0) : .never }
  }
}
