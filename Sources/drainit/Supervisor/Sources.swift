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
}
