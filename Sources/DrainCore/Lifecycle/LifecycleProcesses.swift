// The app's start, signals that are passed on, stops and continues, and the way out.

extension Lifecycle {
  mutating func startApp(_ now: Instant, _ effects: inout Effects) {
    state.phase = .starting
    state.startedAt = now
    state.leaveAt = .never
    effects.append(.startApp)
  }

  /// How long an exec may take before the log tells of it.
  static var patienceWithExec: Interval { .seconds(1) }

  /// Notes the process that will be the app, or looks why it cannot be; either may be held by somebody.
  ///
  /// No event: it is noted in the middle of the effect that starts the app, before a fault can be the app's
  /// end, and whatever an event decides would wait there. So it has no effects to lose.
  public mutating func awaitExec(of pid: Int32, now: Instant) {
    guard isRunning else { return }
    if state.appPID == 0 { state.execDue = now + Lifecycle.patienceWithExec }
    state.appPID = pid
  }

  mutating func note(_ pid: Int32, _ effects: inout Effects) {
    state.appPID = pid
    state.isExecuted = true
    state.execDue = .never
    effects.append(.log(.started(pid: pid)))
  }

  /// The program could not be executed. While it was held a stop may have begun, which ends as any other.
  mutating func endStart(_ code: UInt8, _ now: Instant, _ effects: inout Effects) {
    if phase == .starting {
      finish(code: code, &effects)
    } else if isRunning {
      leave(.exited(code: code), now, &effects)
    }
  }

  mutating func tellOfExecWhenDue(_ now: Instant, _ effects: inout Effects) {
    guard now >= state.execDue else { return }
    state.execDue = .never
    effects.append(.log(.notExecutedYet(after: now.since(state.startedAt))))
  }

  mutating func endWaiting(
    _ received: ReceivedSignal, _ program: KnownProgram, _ effects: inout Effects
  ) {
    if plan.signals.isDrainSignal(received, program: program) {
      effects.append(.log(.endedWaiting(received.signal)))
      let code = UInt8(truncatingIfNeeded: 128 &+ received.signal.number)
      finish(code: plan.exitCode(code), &effects)
    } else if received.signal != .chld {
      effects.append(.log(.dropped(received.signal, .waiting)))
    }
  }

  mutating func timeOutWaiting(_ now: Instant, _ effects: inout Effects) {
    guard now >= state.leaveAt else { return }
    effects.append(.log(.startTimedOut(after: now.since(state.startedAt))))
    finish(code: Lifecycle.ownFailure, &effects)
  }

  /// What drainit ends with for a reason of its own.
  public static var ownFailure: UInt8 { 125 }

  /// What a signal is passed on as, where that is all that `handle` would do, and nothing would change; nil
  /// where it has to decide.
  ///
  /// It is there for the app's own signals, which should not notice that somebody stands between. It is
  /// mutating so that it is asked in place: a value of this size is handed on as a copy.
  ///
  /// - Parameter program: what the app is; nil where that was not looked up.
  @inline(__always) public mutating func passesOn(
    _ received: ReceivedSignal, to program: KnownProgram?
  ) -> Signal? {
    guard state.phase == .starting || state.phase == .serving, received.signal != .cont else {
      return nil
    }
    if let program {
      if plan.signals.isDrainSignal(received, program: program) { return nil }
    } else if plan.signals.mayDrain(received) {
      return nil
    }
    let signal = plan.signals.forwarded(received)
    return signal == .none ? nil : signal
  }

  func forward(_ received: ReceivedSignal, _ effects: inout Effects) {
    if received.signal == .cont && state.isAppStopped && !plan.isFirstProcess {
      effects.append(.continueAsJob)
    }
    let signal = plan.signals.forwarded(received)
    if signal == .none {
      if received.signal != .chld { effects.append(.log(.dropped(received.signal, phase))) }
      return
    }
    effects.append(.forward(received, as: signal))
  }

  mutating func stopApp(_ signal: Signal, _ now: Instant, _ effects: inout Effects) {
    state.isAppStopped = true
    let isStopping = phase == .stopping || phase == .killing
    if !isStopping && !plan.isFirstProcess && signal != .stop {
      effects.append(.stopAsJob(signal))
    } else {
      stayStopped(signal, now, &effects)
    }
  }

  /// How long after a continuation the next may come.
  static var patienceWithStops: Interval { .seconds(1) }

  /// The app was stopped, and drainit is no shell's job that would stop with it.
  mutating func stayStopped(_ signal: Signal, _ now: Instant, _ effects: inout Effects) {
    if signal == .tstp {
      // Nobody else could: PID 1 is no shell's job, and its app would stay in state T for ever. One that stops
      // itself again and again costs a line a second.
      state.continueDue = max(now, state.continueNotBefore)
      continueWhenDue(now, &effects)
    } else if phase >= .stopping && !state.wasContinued {
      // Its stop signal is pending, and acts when it goes on. Once: one that reads from a terminal that is not
      // its own is stopped again at once, as often as it is continued.
      state.wasContinued = true
      goOn(after: signal, &effects)
    } else {
      effects.append(.log(.stopped(signal)))
    }
  }

  mutating func continueWhenDue(_ now: Instant, _ effects: inout Effects) {
    guard now >= state.continueDue else { return }
    state.continueDue = .never
    guard state.isAppStopped else { return }
    state.continueNotBefore = now + Lifecycle.patienceWithStops
    goOn(after: .tstp, &effects)
  }

  private func goOn(after signal: Signal, _ effects: inout Effects) {
    effects.append(.log(.continued(signal)))
    effects.append(.signalApp(.cont))
  }

  mutating func leave(_ ending: Ending, _ now: Instant, _ effects: inout Effects) {
    if phase == .draining {
      state.windowEnd = .appExit
      stopObserving(&effects)
    }
    state.phase = .leaving
    state.isUnready = true
    state.isKubeletUnready = true
    state.isAppStopped = false
    state.continueDue = .never
    state.ending = ending
    state.endedAt = now
    effects.append(.log(.ended(ending)))
    if let timeout = plan.exitHookTimeout {
      state.exitHooksRun = true
      state.leaveAt = now + timeout
      effects.append(.runHooks(.exit))
    } else {
      endExitHooks(&effects)
    }
  }

  /// The exit hooks are done with: what is left are the left-over processes.
  mutating func endExitHooks(_ effects: inout Effects) {
    state.exitHooksRun = false
    state.leaveAt = .never
    if plan.orphans == .end {
      finish(code: plan.exitCode(state.ending.code), &effects)
    } else {
      effects.append(.findLeftovers)
    }
  }

  mutating func dealWithLeftovers(_ now: Instant, _ effects: inout Effects) {
    guard !state.exitHooksRun, !state.dealsWithLeftovers else { return }
    state.dealsWithLeftovers = true
    switch plan.orphans {
    case .end: break
    case .after(let time):
      state.leaveAt = now + time
      tellLeftovers(.term, &effects)
    case .wait:
      if state.stopAskedAt == .never { return effects.append(.log(.waitingForLeftovers)) }
      boundLeftovers(now)
      tellLeftovers(state.stopSignal, &effects)
    }
  }

  /// From a stop on they have until the end of the grace; without one the platform's kill is the bound.
  private mutating func boundLeftovers(_ now: Instant) {
    guard plan.orphans == .wait, state.dealsWithLeftovers else { return }
    state.leaveAt = plan.leftoversEnd(now: now, stopAskedAt: state.stopAskedAt)
  }

  private mutating func tellLeftovers(_ signal: Signal, _ effects: inout Effects) {
    if signal == .none || state.hasToldLeftovers { return }
    state.hasToldLeftovers = true
    effects.append(.log(.leftovers(signal)))
    effects.append(.signalLeftovers(signal))
  }

  /// The time of the exit hooks, or after them of the left-overs, is over.
  mutating func leaveOn(_ now: Instant, _ effects: inout Effects) {
    if state.exitHooksRun { return endExitHooks(&effects) }
    effects.append(.log(.leftovers(.kill)))
    effects.append(.signalLeftovers(.kill))
    finish(code: plan.exitCode(state.ending.code), &effects)
  }

  mutating func signalLeftovers(
    _ received: ReceivedSignal, _ program: KnownProgram, _ now: Instant, _ effects: inout Effects
  ) {
    guard plan.signals.isDrainSignal(received, program: program) else {
      if received.signal != .chld { effects.append(.log(.dropped(received.signal, .leaving))) }
      return
    }
    if state.leavingSignals < 2 { state.leavingSignals &+= 1 }
    if state.leavingSignals > 1 {
      effects.append(.log(.leftovers(.kill)))
      return effects.append(.signalLeftovers(.kill))
    }
    if state.hasToldLeftovers {
      let left: Interval? = state.leaveAt == .never ? nil : state.leaveAt.since(now)
      return effects.append(.log(.repeated(received.signal, .leaving, left: left)))
    }
    if state.stopAskedAt == .never {
      state.stopAskedAt = now
      state.stopSignal = plan.signals.stopSignal(for: received.signal, program: program)
      boundLeftovers(now)
    }
    tellLeftovers(state.stopSignal, &effects)
  }

  mutating func finish(code: UInt8, _ effects: inout Effects) {
    state.phase = .exited
    effects.append(.exit(code))
  }
}
