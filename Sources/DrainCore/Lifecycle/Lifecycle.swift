/// The state machine that decides everything: `(event, now) -> effects`, and when it wants to be called next.
///
/// It has no I/O and no clock of its own; the caller turns Linux into events and effects into system
/// calls.
///
///     waiting ──▶ starting ──▶ serving ──▶ draining ──▶ stopping ──▶ killing
///       start-      gate         drain       window       stop          │
///       after       opens        signal      over         timeout       ▼
///     (from any of them, when the app has ended)  ──────────────────▶ leaving ──▶ exited
public struct Lifecycle: Sendable {
  /// What the options came to.
  public let plan: DrainPlan
  /// All that it remembers.
  public internal(set) var state = LifecycleState()

  /// A lifecycle that has not begun; `begin` is to be called once.
  public init(plan: DrainPlan) { self.plan = plan }

  /// A lifecycle that goes on where another one, of the same plan, was interrupted.
  public init(plan: DrainPlan, resuming state: LifecycleState) {
    self.plan = plan
    self.state = state
  }

  /// Where drainit is in its life.
  public var phase: Phase { state.phase }

  /// Whether `/readyz` may say yes, if the gate holds.
  public var mayBeReady: Bool {
    switch phase {
    case .serving: true
    case .draining: state.hasOpened && !state.isUnready
    case .waiting, .starting, .stopping, .killing, .leaving, .exited: false
    }
  }

  /// Whether the app runs.
  public var hasApp: Bool {
    switch phase {
    case .starting, .serving, .draining, .stopping, .killing: state.appPID != 0
    case .waiting, .leaving, .exited: false
    }
  }

  /// Starts the app, or the wait for `--start-after`.
  public mutating func begin(now: Instant) -> Effects {
    var effects = Effects()
    state.startedAt = now
    if plan.holds {
      // Somebody else's app, which serves: its stop has begun.
      state.hasOpened = true
      beginDrain(ReceivedSignal(signal: .none), .other, now, &effects)
      endWindowWhenOver(now, &effects)
    } else if plan.startsAfter {
      if let timeout = plan.startTimeout { state.leaveAt = now + timeout }
      effects.append(.log(.waitingForStart))
    } else {
      state.phase = .starting
      effects.append(.startApp)
    }
    return effects
  }

  /// Goes on after a fault: what was under way when it happened is given up or begun again.
  public mutating func resume(now: Instant) -> Effects {
    var effects = Effects()
    switch phase {
    case .draining:
      // Once more, rather than not at all: a registry is told twice without harm.
      if state.drainHooksRun { effects.append(.runHooks(.drain)) }
      if state.windowEnd != .noListener {
        hold(false, .none)
        effects.append(.findListeners)
        if plan.hasLiveCheck { effects.append(.checkLive) }
        if observesNow { effects.append(.observeTraffic) }
      }
      endWindowWhenOver(now, &effects)
    case .leaving:
      effects.append(state.exitHooksRun ? .runHooks(.exit) : .findLeftovers)
    case .waiting, .starting, .serving, .stopping, .killing, .exited: break
    }
    return effects
  }

  /// Takes one event and says what is to be done.
  public mutating func handle(_ event: Event, now: Instant) -> Effects {
    var effects = Effects()
    switch (phase, event) {
    case (.waiting, .startAllowed):
      state.phase = .starting
      state.startedAt = now
      state.leaveAt = .never
      effects.append(.startApp)
    case (.waiting, .signal(let received, let program)):
      endWaiting(received, program, &effects)
    case (.waiting, .deadline):
      timeOutWaiting(now, &effects)

    case (.starting, .appStarted(let pid)):
      state.appPID = pid
      effects.append(.log(.started(pid: pid)))
    case (.starting, .appNotStarted(let code)):
      finish(code: code, &effects)
    case (.starting, .gateOpened):
      openGate(now, &effects)

    case (.starting, .signal(let received, let program)),
      (.serving, .signal(let received, let program)):
      if plan.signals.isDrainSignal(received, program: program) {
        beginDrain(received, program, now, &effects)
      } else {
        forward(received, &effects)
      }
    case (.draining, .signal(let received, let program)),
      (.stopping, .signal(let received, let program)),
      (.killing, .signal(let received, let program)):
      if plan.holds {
        endHold(received, &effects)
      } else if plan.signals.isDrainSignal(received, program: program) {
        repeatDrain(received, now, &effects)
      } else {
        forward(received, &effects)
      }
    case (.leaving, .signal(let received, let program)):
      signalLeftovers(received, program, now, &effects)

    case (.draining, .listeners(let listeners)):
      learn(listeners, now, &effects)
    case (.draining, .live(false)):
      shortenWindow(.notLive, now, &effects)
    case (.draining, .until(let holds, let condition)):
      hold(holds, condition)
    case (.draining, .gateOpened):
      // Too late to be ready, but no longer a start that crashes: the window stays as it was decided.
      break
    case (_, .hooksEnded(.drain)):
      state.drainHooksRun = false
    case (.leaving, .hooksEnded(.exit)):
      if state.exitHooksRun { endExitHooks(&effects) }
    case (.stopping, .extend(let time)):
      extend(time, now, &effects)

    case (.starting, .appStopped(let signal)), (.serving, .appStopped(let signal)),
      (.draining, .appStopped(let signal)), (.stopping, .appStopped(let signal)),
      (.killing, .appStopped(let signal)):
      stopApp(signal, &effects)
    case (.starting, .appContinued), (.serving, .appContinued), (.draining, .appContinued),
      (.stopping, .appContinued), (.killing, .appContinued):
      state.isAppStopped = false

    case (.starting, .appEnded(let ending)), (.serving, .appEnded(let ending)),
      (.draining, .appEnded(let ending)), (.stopping, .appEnded(let ending)),
      (.killing, .appEnded(let ending)):
      leave(ending, now, &effects)
    case (.leaving, .nobodyLeft):
      // While the exit hooks run it says nothing: `findLeftovers` asks again when they are done.
      if !state.exitHooksRun { finish(code: plan.exitCode(state.ending.code), &effects) }
    case (.leaving, .leftoversFound):
      dealWithLeftovers(now, &effects)

    case (.draining, .deadline):
      becomeUnreadyWhenDue(now, &effects)
    case (.stopping, .deadline):
      if now >= state.killAt { kill(now, &effects) }
    case (.leaving, .deadline):
      if now >= state.leaveAt { leaveOn(now, &effects) }

    // What cannot happen in a phase, or comes too late to matter.
    case (.waiting, .appStarted), (.waiting, .appNotStarted), (.waiting, .gateOpened),
      (.waiting, .appEnded), (.waiting, .appStopped), (.waiting, .appContinued),
      (.serving, .appStarted), (.serving, .appNotStarted), (.serving, .gateOpened),
      (.draining, .appStarted), (.draining, .appNotStarted), (.draining, .live(true)),
      (.stopping, .appStarted), (.stopping, .appNotStarted), (.stopping, .gateOpened),
      (.killing, .appStarted), (.killing, .appNotStarted), (.killing, .gateOpened),
      (.leaving, .appStarted), (.leaving, .appNotStarted), (.leaving, .gateOpened),
      (.leaving, .appEnded), (.leaving, .appStopped), (.leaving, .appContinued),
      (.starting, .startAllowed), (.serving, .startAllowed), (.draining, .startAllowed),
      (.stopping, .startAllowed), (.killing, .startAllowed), (.leaving, .startAllowed),
      (.waiting, .listeners), (.starting, .listeners), (.serving, .listeners),
      (.stopping, .listeners), (.killing, .listeners), (.leaving, .listeners),
      (.waiting, .live), (.starting, .live), (.serving, .live), (.stopping, .live),
      (.killing, .live), (.leaving, .live),
      (.waiting, .until), (.starting, .until), (.serving, .until), (.stopping, .until),
      (.killing, .until), (.leaving, .until),
      (.waiting, .extend), (.starting, .extend), (.serving, .extend), (.draining, .extend),
      (.killing, .extend), (.leaving, .extend),
      (.waiting, .nobodyLeft), (.starting, .nobodyLeft), (.serving, .nobodyLeft),
      (.draining, .nobodyLeft), (.stopping, .nobodyLeft), (.killing, .nobodyLeft),
      (.waiting, .leftoversFound), (.starting, .leftoversFound), (.serving, .leftoversFound),
      (.draining, .leftoversFound), (.stopping, .leftoversFound), (.killing, .leftoversFound),
      (.waiting, .hooksEnded), (.starting, .hooksEnded), (.serving, .hooksEnded),
      (.draining, .hooksEnded), (.stopping, .hooksEnded), (.killing, .hooksEnded),
      (.leaving, .hooksEnded),
      (.starting, .deadline), (.serving, .deadline), (.killing, .deadline), (.exited, _):
      break
    }
    if phase == .draining { endWindowWhenOver(now, &effects) }
    return effects
  }

  /// When `deadline` is to be handled next; never where only an event can change something.
  public var nextDeadline: Instant {
    switch phase {
    case .waiting, .leaving: return state.leaveAt
    case .stopping: return state.killAt
    case .draining:
      let end = mayEndEarly ? state.windowMinimum : state.windowMaximum
      return state.isUnready ? end : min(end, state.unreadyAt)
    case .starting, .serving, .killing, .exited: return .never
    }
  }

  /// Whether the window ends at its minimum, as things are.
  var mayEndEarly: Bool { state.untilHolds && !state.drainHooksRun }
}
