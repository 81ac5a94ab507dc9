import CLinux
import DrainCore
import DrainLinux

// Signals in, signals out, and what becomes of processes.

extension Supervisor {
  @inline(never) mutating func readSignals() {
    while let received = sources.signals.next() { take(received) }
  }

  @inline(never) mutating func take(_ received: ReceivedSignal) {
    if received.signal == .chld {
      mustReap = true
      // Somebody's kill -CHLD is no news of a child, and costs a look.
      return
    }
    var program = KnownProgram.other
    if lifecycle.plan.signals.needsProgram(for: received) {
      let name = ProcessFiles.name(lifecycle.state.appPID)
      program = KnownProgram(comm: name.bytes)
      // An entrypoint script has become its program by now.
      log.context.rename(name.bytes)
    }
    handle(.signal(received, program: program), Clock.now())
  }

  /// Reaps a bounded number of children, so that a burst stops neither probes nor signals.
  @inline(never) mutating func reap() {
    // The app first, and before it is reaped: should drainit have a fault in between, the next one
    // still learns how it ended.
    if lifecycle.hasApp, let change = Reaper.peek(lifecycle.state.appPID) { take(change) }
    for _ in 0..<Reaper.childrenATurn {
      switch Reaper.next() {
      case .change(let change):
        switch change.kind {
        case .exited, .killed: counts.processesReaped &+= 1
        case .stopped, .continued: break
        }
        take(change)
      case .nothingNow:
        mustReap = false
        return
      case .noChildren:
        mustReap = false
        // Only a fault at the very moment of reaping loses how the app has ended.
        if lifecycle.hasApp { handle(.appEnded(.exited(code: UInt8.max)), Clock.now()) }
        handle(.nobodyLeft, Clock.now())
        return
      }
    }
  }

  @inline(never) private mutating func take(_ change: ChildChange) {
    let now = Clock.now()
    let isApp = change.pid == lifecycle.state.appPID
    switch change.kind {
    case .exited(let code): end(change.pid, .exited(code: code), isApp, now)
    case .killed(let signal): end(change.pid, .killed(signal), isApp, now)
    case .stopped(let signal): if isApp { handle(.appStopped(signal), now) }
    case .continued: if isApp { handle(.appContinued, now) }
    }
    if !isApp { attend(readiness.take(change, facts, sources.loop, now)) }
  }

  @inline(never) private mutating func end(
    _ pid: Int32, _ ending: Ending, _ isApp: Bool, _ now: Instant
  ) {
    counts.processesReaped &+= 1
    if isApp {
      takeTerminalBack()
      handle(.appEnded(ending), now)
    } else {
      log.write(.reaped(pid: pid, ending), lifecycle.state)
    }
  }
}
