@testable import DrainCore

/// What must always hold, checked from what went in and came out, not from how it was decided.
struct Invariants {
  private var drainedAt: Instant?
  private var wasReadyBeforeDrain = false
  private var wasUnready = false
  private var wasKubeletUnready = false
  private var interrupts = 0
  private var stoppedAt: Instant?
  private var stopSignals = 0
  private var phase = Phase.waiting
  private var lateListeners = false
  private var liveFailed = false
  private var until = false
  private var toldLeftoversAt: Instant?
  private var leavingSignals = 0
  private var hasUnseen = false
  private var toldOfExec = false
  private var isUsed = false
  /// Whether the checks of `--until` held when they answered last, in this life.
  private var untilHeld = false
  /// Whether the app was told to stop: from then on nothing begins that belongs before it.
  private var wasTold = false
  private var continuedAt: Instant?
  private var suspendedAt: Instant?

  mutating func before(_ event: Event, _ world: World) throws(Violation) {
    let plan = world.lifecycle.plan
    switch event {
    case .signal(let received, let program):
      guard plan.signals.isDrainSignal(received, program: program) else { return }
      if received.signal == .int { interrupts += 1 }
      if world.lifecycle.phase == .leaving { leavingSignals += 1 }
      if world.isAlive && drainedAt == nil {
        drainedAt = world.now
        interrupts = received.signal == .int ? 1 : 0
        wasReadyBeforeDrain = world.lifecycle.state.hasOpened
      }
    case .listeners(.none), .listeners(.client): lateListeners = plan.windowSource != .given
    case .listeners(.unseen), .listeners(.both), .listeners(.partly): hasUnseen = true
    case .live(false): liveFailed = true
    case .arrived: isUsed = isUsed || world.lifecycle.phase == .draining
    case .traffic(let end):
      until = end != .none
      if !until { untilHeld = false }
    case .untilChecked(let holds): untilHeld = holds && until
    default: break
    }
  }

  mutating func after(
    _ event: Event, _ effects: Effects, _ world: World
  ) throws(Violation) {
    let lifecycle = world.lifecycle
    guard lifecycle.phase >= phase else {
      throw Violation(description: "the phase went back from \(phase) to \(lifecycle.phase)")
    }
    phase = lifecycle.phase
    if effects.lost > 0 || effects.count > 9 {
      throw Violation(description: "\(effects.count) effects of one event")
    }
    try checkReadiness(lifecycle, world.now)
    var passedOn = 0
    for index in 0..<effects.count {
      switch effects[index] {
      case .log(.notExecutedYet):
        if world.isExecuted || toldOfExec {
          throw Violation(description: "a line too many of its exec")
        }
        toldOfExec = true
      case .log(.stopping(let end, _, _)): try checkStop(end, lifecycle.plan, world)
      case .signalApp(.kill): try checkKill(lifecycle.plan, world)
      case .signalApp(let signal) where signal == lifecycle.state.stopSignal && phase == .stopping:
        try countStop(signal, lifecycle)
      case .forward: passedOn += 1
      case .signalLeftovers(let signal): try checkLeftovers(signal, world)
      case .exit(let code): try checkExit(code, world)
      default: break
      }
    }
    try checkForward(event, passedOn, world)
    try checkSuspension(event, effects, world)
  }

  /// Who suspends itself is continued within the second, and not more often.
  private mutating func checkSuspension(
    _ event: Event, _ effects: Effects, _ world: World
  ) throws(Violation) {
    switch event {
    case .appStopped(.tstp) where world.isAlive: suspendedAt = suspendedAt ?? world.now
    case .appContinued, .appEnded, .appNotStarted: suspendedAt = nil
    default: break
    }
    for index in 0..<effects.count {
      if case .stopAsJob = effects[index] { suspendedAt = nil }
      guard case .log(.continued(.tstp)) = effects[index] else { continue }
      if let continuedAt, world.now < continuedAt + .seconds(1) {
        throw Violation(description: "continued twice within a second")
      }
      continuedAt = world.now
      suspendedAt = nil
    }
    if let suspendedAt, world.isAlive, world.now > suspendedAt + .seconds(1) {
      throw Violation(description: "suspended, and nobody continues it")
    }
  }

  /// An effect is about to be done: after the app was sent its stop signal no notice, no observation and no
  /// hook of before begins, whatever was decided when.
  mutating func performing(_ effect: Effect, _ world: World) throws(Violation) {
    switch effect {
    case .log(.stopping): wasTold = true
    case .observeTraffic, .askUntil, .findListeners, .checkLive, .runHooks(.drain),
      .runHooks(.ready):
      if wasTold { throw Violation(description: "\(effect) after the stop signal") }
    case .signalApp(let signal):
      let plan = world.lifecycle.plan
      if wasTold && signal == plan.notice && signal != world.lifecycle.state.stopSignal {
        throw Violation(description: "a notice after the stop signal")
      }
    default: break
    }
  }

  /// drainit comes back from a fault: what traffic and checks came to before is to be judged anew.
  mutating func comeBack() {
    until = false
    untilHeld = false
  }

  private mutating func checkReadiness(
    _ lifecycle: Lifecycle, _ now: Instant
  ) throws(Violation) {
    guard let drainedAt else { return }
    if lifecycle.mayBeReady {
      if wasUnready { throw Violation(description: "ready again after it was not") }
      if now > drainedAt + lifecycle.plan.unreadyAfter {
        throw Violation(description: "ready after the not-ready time")
      }
    } else {
      wasUnready = true
    }
    if lifecycle.mayBeReadyForKubelet {
      if wasKubeletUnready { throw Violation(description: "ready again for the kubelet") }
      // Told at the latest its slack before the window's end, but for a time that was asked for.
      let end = lifecycle.state.windowMaximum
      if lifecycle.plan.sparesKubelet && (liveFailed || now + KubeletProbes.slack > end) {
        throw Violation(description: "the kubelet would not see it before the window's end")
      }
    } else {
      wasKubeletUnready = true
    }
  }

  private mutating func checkStop(
    _ end: WindowEnd, _ plan: DrainPlan, _ world: World
  ) throws(Violation) {
    switch end {
    case .quiet, .closed, .probed:
      if plan.hasUntilChecks { throw Violation(description: "no check was asked: \(end)") }
    case .check:
      if !untilHeld { throw Violation(description: "the checks of --until do not hold") }
    default: break
    }
    guard stoppedAt == nil else { throw Violation(description: "stopped twice") }
    stoppedAt = world.now
    guard let drainedAt else { throw Violation(description: "stopped without a drain signal") }
    if interrupts >= 2 || lateListeners { return }
    let spent = world.now.since(drainedAt)
    if spent < plan.window.minimum {
      throw Violation(description: "stop signal before the window's minimum")
    }
    let isForNobody = !wasReadyBeforeDrain && !isUsed
    let mayBeShort = isForNobody || liveFailed || (until && plan.endsEarly && !hasUnseen)
    if spent < plan.window.maximum && !mayBeShort {
      throw Violation(description: "stop signal before the window was over")
    }
    if spent > plan.window.maximum {
      throw Violation(description: "the window lasted longer than its maximum")
    }
  }

  private mutating func countStop(_ signal: Signal, _ lifecycle: Lifecycle) throws(Violation) {
    // SIGCONT may be both the user's stop signal and what wakes a stopped app.
    if signal == .cont { return }
    stopSignals += 1
    if stopSignals > 1 { throw Violation(description: "two stop signals") }
  }

  private func checkKill(_ plan: DrainPlan, _ world: World) throws(Violation) {
    guard let stoppedAt else { throw Violation(description: "SIGKILL without a stop signal") }
    if plan.stopTimeout == nil && plan.grace == nil {
      throw Violation(description: "SIGKILL of our own without a grace or a stop timeout")
    }
    let least = plan.stopTimeout ?? Budget.leastStop
    if world.now < stoppedAt + least {
      throw Violation(description: "SIGKILL before the stop timeout was over")
    }
  }

  private func checkForward(
    _ event: Event, _ passedOn: Int, _ world: World
  ) throws(Violation) {
    guard case .signal(let received, let program) = event else { return }
    let rules = world.lifecycle.plan.signals
    let isDrain = rules.isDrainSignal(received, program: program)
    let wants = world.isAlive && !isDrain && rules.forwarded(received) != .none
    if passedOn != (wants ? 1 : 0) {
      throw Violation(description: "signal \(received.signal.number) passed on \(passedOn) times")
    }
  }

  private mutating func checkLeftovers(_ signal: Signal, _ world: World) throws(Violation) {
    if signal == .kill {
      let least = toldLeftoversAt.map { $0 + Budget.leastOrphans } ?? world.now
      if world.lifecycle.plan.orphans == .wait && leavingSignals < 2 && world.now < least {
        throw Violation(description: "left-overs that are waited for had no second")
      }
      return
    }
    if toldLeftoversAt != nil { throw Violation(description: "left-overs told twice") }
    toldLeftoversAt = world.now
    if world.lifecycle.plan.orphans == .wait && drainedAt == nil && leavingSignals == 0 {
      throw Violation(description: "left-overs that are waited for were told without a stop")
    }
  }

  private func checkWaiting(_ world: World) throws(Violation) {
    let isTold = toldLeftoversAt != nil || world.lifecycle.state.stopSignal == .none
    if world.lifecycle.plan.orphans == .wait && drainedAt != nil && world.hasLeftovers && !isTold {
      throw Violation(description: "a stop that the left-overs never heard of")
    }
  }

  private func checkExit(_ code: UInt8, _ world: World) throws(Violation) {
    let plan = world.lifecycle.plan
    try checkWaiting(world)
    guard !world.isAlive else { throw Violation(description: "ended while the app lives") }
    if let ending = world.ending, code != plan.exitCode(ending.code) {
      throw Violation(description: "exit code \(code) for \(ending)")
    }
    // Without a drain signal there is nothing that a platform would end.
    guard let drainedAt, let grace = plan.grace else { return }
    if stoppedAt != nil && world.now > drainedAt + grace {
      throw Violation(description: "ended \(world.now.since(drainedAt)) after the drain signal")
    }
  }
}
