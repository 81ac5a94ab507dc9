import CLinux
import DrainCore
import DrainLinux

// Signals in, signals out, and what becomes of processes.

extension Supervisor {
  @inline(never) mutating func take(_ received: ReceivedSignal) {
    if received.signal == .chld {
      // Somebody's kill -CHLD is no news of a child, and costs a look.
      return takeChildSignal(of: received.senderPID)
    }
    if let signal = lifecycle.passesOn(received, to: nil) { return passOn(received, as: signal) }
    let program = look(for: received)
    // Most USR1 of a server only reopen its log.
    if let signal = lifecycle.passesOn(received, to: program) {
      return passOn(received, as: signal)
    }
    handle(.signal(received, program: program), Clock.now())
  }

  /// What the app is, as far as that matters for the signal.
  @inline(never) mutating func look(for received: ReceivedSignal) -> KnownProgram {
    guard lifecycle.plan.signals.needsProgram(for: received) else { return .other }
    if app.name.look(at: lifecycle.state.appPID) {
      log.context.rename(app.name.value.bytes)
      // What it was decides nothing any more.
      knownProgram = .other
    }
    var program = app.name.program
    if lifecycle.plan.signals.decides(program, for: received) {
      program = program.confirmed(by: ProcessFiles.signals(lifecycle.state.appPID, .caught))
      knownProgram = program
    }
    return program
  }

  /// Passes a signal on; what is counted and told of is what was sent.
  mutating func passOn(_ received: ReceivedSignal, as signal: Signal) {
    let delivery = app.passOn(received, as: signal, to: lifecycle.state.appPID)
    SignalQueue.passedOn()
    // A call that is not made costs the app's own signals nothing.
    guard case .sent = delivery else { return note(delivery, of: signal) }
    reports.counts.signalsForwarded &+= 1
    if log.shows(.debug) { log.write(.forwarded(received.signal, as: signal), lifecycle.state) }
  }

  /// Says where a signal was refused, and that nobody can kill the app.
  @inline(never) mutating func note(_ delivery: Delivery, of signal: Signal) {
    guard let reason = delivery.refusal else { return }
    log.context.isRefusalPartial = delivery.isInPart
    log.write(.refused(signal, errno: reason.number), lifecycle.state)
    if signal == .kill && lifecycle.phase == .killing && !delivery.isInPart {
      handle(.killRefused, Clock.now())
    }
  }

  /// Takes a SIGCHLD, which names one child; of others that have changed it may be the only word.
  private mutating func takeChildSignal(of pid: Int32) {
    takeAppsEnd()
    reaping.owe()
    if pid != lifecycle.state.appPID, case .change(let change) = Reaper.next(pid) { take(change) }
  }

  /// The app first, and before it is reaped: should drainit have a fault in between, the next one still
  /// learns how it ended.
  @inline(never) private mutating func takeAppsEnd() {
    // Why it was not executed was told before it ended.
    if app.awaitsExec { takeStart(app.awaitExec(sources.loop)) }
    if lifecycle.hasApp, let change = Reaper.peek(lifecycle.state.appPID) { take(change) }
  }

  /// Reaps a bounded number of children.
  @inline(never) mutating func reap() {
    takeAppsEnd()
    reaping.begin(spent: Clock.processorTime())
    while exitCode == nil, let outcome = reaping.next({ Reaper.next() }) {
      switch outcome {
      case .change(let change): take(change)
      case .nothingNow: break
      case .noChildren:
        // Only a fault at the very moment of reaping loses how the app has ended.
        if lifecycle.hasApp { handle(.appEnded(.exited(code: UInt8.max)), Clock.now()) }
        handle(.nobodyLeft, Clock.now())
      }
    }
    reaping.end(spent: Clock.processorTime(), at: Clock.now())
  }

  @inline(never) private mutating func take(_ change: ChildChange) {
    let now = Clock.now()
    let isApp = change.pid == lifecycle.state.appPID
    switch change.kind {
    case .exited(let code): end(change.pid, .exited(code: code), isApp, now)
    case .killed(let signal): end(change.pid, .killed(signal), isApp, now)
    case .stopped(let signal): if isApp { handle(.appStopped(signal), now) }
    case .continued: if isApp { handle(.appContinued, now) }
    case .trapped:
      do throws(Errno) { try Reaper.letGo(change.pid) } catch {
        log.write(.callFailed(errno: error.number), lifecycle.state)
      }
    }
    if !isApp { attend(readiness.take(change, facts, sources.loop, now)) }
  }

  @inline(never) private mutating func end(
    _ pid: Int32, _ ending: Ending, _ isApp: Bool, _ now: Instant
  ) {
    // The app was counted when it ended, and is only reaped now.
    if isApp && !lifecycle.hasApp { return }
    reports.counts.processesReaped &+= 1
    if isApp {
      app.takeTerminalBack(from: pid)
      handle(.appEnded(ending), now)
    } else {
      log.write(.reaped(pid: pid, ending), lifecycle.state)
    }
  }
}
