import DrainCore

extension HandOver {
  /// That of a drainit that has nothing to hand over but its pid.
  init(pid: Int32) {
    self.init(
      pid: pid, executable: -1, lifecycle: LifecycleState(), gate: GateMemory(), mask: SignalSet(),
      changedDispositions: SignalSet(), ignoredDispositions: SignalSet(), endpoint: -1, notify: -1,
      notice: -1, traceBytes: 0, notices: AppNotices(),
      program: .other, programs: ProgramGroups(),
      probes: ProbeCounts(), traffic: TrafficMemory(), evidence: nil, lives: Lives())
  }
}
