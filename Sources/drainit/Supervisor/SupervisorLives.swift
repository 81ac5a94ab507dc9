import CLinux
import DrainCore
import DrainLinux

/// What an earlier drainit in this process left when it had a fault.
struct EarlierLife {
  var handOver: HandOver
  /// The directory that it was started in, by name.
  var directory: UnsafePointer<CChar>
  /// What it ended by; none where it could not begin.
  var signal: Signal

  /// Where children begin; nil while drainit itself is still there, since the app was not started yet.
  var startDirectory: UnsafePointer<CChar>? { directory[0] == 0 ? nil : directory }

  /// Before anything else is done: from here on a fault is not the end.
  init?(_ arguments: LifeVector, _ environment: LifeVector) {
    guard let found = SecondLife.take(arguments: arguments, environment: environment) else {
      return nil
    }
    handOver = found.handOver
    // Those that ended in their own start could not count themselves.
    for _ in 0...found.failures { handOver.lives.comeBack(now: Clock.now()) }
    directory = found.directory
    signal = found.signal
  }
}

// Faults of drainit's own: what lies ready for one, and what is done after one.

extension Supervisor {
  /// Lays everything ready for a come-back; from now on a fault is not the container's end.
  @inline(never) mutating func layReady() {
    comeBack.layReady(command)
    remember()
  }

  /// Keeps what a come-back has to know, after every event.
  @inline(never) mutating func remember() {
    if !comeBack.isOwed(lifecycle.state, holds: lifecycle.plan.holds) { return }
    comeBack.keep(
      HandOver(
        pid: getpid(), executable: SecondLife.executableNumber, lifecycle: lifecycle.state,
        gate: readiness.memory, mask: sources.signals.originalMask,
        changedDispositions: sources.dispositions.changed,
        ignoredDispositions: sources.dispositions.ignored, endpoint: readiness.endpointNumber,
        notify: notices.socketNumber, notice: notices.readerNumber,
        traceBytes: Int32(truncatingIfNeeded: log.traceBytes), notices: readiness.world.notices,
        program: knownProgram, programs: readiness.world.programs.pointee, probes: readiness.probes,
        traffic: window.memory, evidence: log.context.evidence, lives: comeBack.lives))
  }

  /// Goes on where the earlier drainit had its fault.
  @inline(never) mutating func resume(_ earlier: EarlierLife) {
    var plan = lifecycle.plan
    let lives = comeBack.lives
    // Bare, nothing is observed: the window lasts its maximum.
    if lives.isBare {
      plan.endsEarly = false
      plan.observes = false
    }
    lifecycle = Lifecycle(plan: plan, resuming: earlier.handOver.lifecycle)
    knownProgram = earlier.handOver.program
    readiness.world.notices = earlier.handOver.notices
    window.earlier = earlier.handOver.traffic
    log.context.evidence = earlier.handOver.evidence
    log.traceBytes = Int(earlier.handOver.traceBytes)
    app.resume(leaving: earlier.startDirectory)
    // What came from outside and was not closed yet.
    if earlier.handOver.lifecycle.phase != .waiting { closeDescriptors() }
    layReady()
    comeBack.keep(directory: earlier.directory)
    if !options.isPlain && !lives.isBare { readiness.learnPorts(again: true) }
    log.write(.cameBack(earlier.signal, count: lives.count, isBare: lives.isBare), lifecycle.state)
    // What it had started is begun again, and must not run twice.
    for index in 0..<ProgramGroups.capacity {
      let group = earlier.handOver.programs[index]
      if group > 0 { Signalling.toGroup(group, .kill) }
    }
    // SIGCHLD may have been read without a child being reaped.
    reaping.owe()
    start(lifecycle.resume(now: Clock.now()))
    if lifecycle.phase == .waiting {
      attend(readiness.awaitStart(facts, sources.loop, Clock.now()))
    }
    attend(readiness.follow(facts, sources.loop, Clock.now()))
  }
}
