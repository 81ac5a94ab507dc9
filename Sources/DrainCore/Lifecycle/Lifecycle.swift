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
  @inline(never) public init(plan: DrainPlan) { self.plan = plan }

  /// A lifecycle that goes on where another one, of the same plan, was interrupted.
  public init(plan: DrainPlan, resuming state: LifecycleState) {
    self.plan = plan
    self.state = state
  }

  /// Takes over what another one, of the same plan, has come to.
  public mutating func follow(_ other: LifecycleState) { state = other }

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

  /// Whether it may say yes to the kubelet.
  ///
  /// A deletion has taken `ready` from the endpoint already, and a failing probe would take `serving`, too,
  /// without which kube-proxy has nobody to send to when this is the last pod (KEP-1669). In every other
  /// stop the failing probe alone takes the pod out, so it comes before the window's end.
  public var mayBeReadyForKubelet: Bool {
    phase == .draining ? state.hasOpened && !state.isKubeletUnready : mayBeReady
  }

  /// Whether hooks run still, of whatever moment.
  public var hooksRun: Bool {
    mutating get { state.readyHooksRun || state.drainHooksRun || state.exitHooksRun }
  }

  /// Whether there is the app's process, be it that its program is still to be executed.
  public var hasApp: Bool { isRunning && state.appPID != 0 }

  /// Whether the app's program runs.
  public var appRuns: Bool { hasApp && state.isExecuted }

  /// Whether it is the app's time: it is being started, or runs.
  var isRunning: Bool { phase >= .starting && phase <= .killing }

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
    if hasApp {
      // An exec that was awaited nobody watches any more. Where it fails the app ends with its code.
      state.isExecuted = true
      state.execDue = .never
    }
    switch phase {
    case .starting, .serving:
      runAgain(&effects)
    case .draining where windowOver(now) == nil:
      runAgain(&effects)
      // What was seen of the traffic is handed over; what it came to is to be judged anew.
      state.traffic = .none
      state.isObserving = false
      state.checksHold = false
      state.isAskingUntil = false
      if !state.hasNoListener {
        effects.append(.findListeners)
        if plan.hasLiveCheck { effects.append(.checkLive) }
      }
    case .draining:
      endWindowWhenOver(now, &effects)
    case .leaving:
      effects.append(state.exitHooksRun ? .runHooks(.exit) : .findLeftovers)
    // Whether it was refused nobody has told.
    case .killing: effects.append(.signalApp(.kill))
    case .waiting, .stopping, .exited: break
    }
    return effects
  }

  /// The hooks that were under way: once more, rather than not at all. A registry is told twice without harm.
  private func runAgain(_ effects: inout Effects) {
    if state.readyHooksRun { effects.append(.runHooks(.ready)) }
    if state.drainHooksRun && !state.owesDrainHooks { effects.append(.runHooks(.drain)) }
  }

  /// Takes one event and says what is to be done: every event, and the phases in which it matters. In any
  /// other it cannot happen, or comes too late.
  public mutating func handle(_ event: Event, now: Instant) -> Effects {
    var effects = Effects()
    switch event {
    case .startAllowed:
      if phase == .waiting { startApp(now, &effects) }
    case .appStarted(let pid):
      if isRunning { note(pid, &effects) }
    case .appNotStarted(let code):
      endStart(code, now, &effects)
    case .gateOpened:
      // In the window it is too late to be ready, but no longer a start that crashes: the window stays as
      // it was decided.
      if phase == .starting { openGate(now, &effects) }
    case .signal(let received, let program):
      take(received, program, now, &effects)
    case .kubeletAsked:
      if phase < .draining { state.kubelet.note(at: now) }
    case .watchdog(let due):
      if hasApp { state.watchdogDue = due }

    case .listeners(let listeners):
      if phase == .draining { learn(listeners, now, &effects) }
    case .live(let isLive):
      if phase == .draining && !isLive { giveUp(now, &effects) }
    case .traffic(let end):
      if phase == .draining { weigh(end, now, &effects) }
    case .arrived:
      if phase == .draining { serveOn(now, &effects) }
    case .untilChecked(let holds):
      if phase == .draining { weighChecks(holds) }
    case .hooksEnded(let moment):
      endHooks(moment, &effects)
    case .extend(let time):
      if phase == .stopping { extend(time, now, &effects) }

    case .appStopped(let signal):
      if isRunning { stopApp(signal, now, &effects) }
    case .appContinued:
      if isRunning {
        state.isAppStopped = false
        state.continueDue = .never
      }
    case .isNoJob(let signal):
      if isRunning { stayStopped(signal, now, &effects) }
    case .killRefused:
      // It ends with drainit, where that is PID 1; drainit can do no more for it.
      if phase == .killing {
        state.isKillRefused = true
        leave(.killed(.kill), now, &effects)
      }
    case .appEnded(let ending):
      if isRunning { leave(ending, now, &effects) }
    case .nobodyLeft:
      // While the exit hooks run it says nothing: `findLeftovers` asks again when they are done.
      if phase == .leaving && !state.exitHooksRun {
        finish(code: plan.exitCode(state.ending.code), &effects)
      }
    case .leftoversFound:
      if phase == .leaving { dealWithLeftovers(now, &effects) }

    case .deadline:
      meetDeadline(now, &effects)
    }
    if phase == .draining { endWindowWhenOver(now, &effects) }
    return effects
  }

  /// What a signal means in each phase.
  private mutating func take(
    _ received: ReceivedSignal, _ program: KnownProgram, _ now: Instant, _ effects: inout Effects
  ) {
    switch phase {
    case .waiting:
      endWaiting(received, program, &effects)
    case .starting, .serving:
      if plan.signals.isDrainSignal(received, program: program) {
        beginDrain(received, program, now, &effects)
      } else {
        forward(received, &effects)
      }
    case .draining, .stopping, .killing:
      if plan.holds {
        endHold(received, &effects)
      } else if plan.signals.isDrainSignal(received, program: program) {
        repeatDrain(received, now, &effects)
      } else {
        forward(received, &effects)
      }
    case .leaving:
      signalLeftovers(received, program, now, &effects)
    case .exited: break
    }
  }

  /// What a deadline means in each phase.
  private mutating func meetDeadline(_ now: Instant, _ effects: inout Effects) {
    continueWhenDue(now, &effects)
    switch phase {
    case .waiting: timeOutWaiting(now, &effects)
    case .starting, .serving:
      missWatchdogWhenDue(now, &effects)
      tellOfExecWhenDue(now, &effects)
    case .draining:
      becomeUnreadyWhenDue(now, &effects)
      askUntilWhenDue(now, &effects)
    case .stopping: if now >= state.killAt { kill(now, &effects) }
    case .leaving: if now >= state.leaveAt { leaveOn(now, &effects) }
    case .killing, .exited: break
    }
  }

  /// When `deadline` is to be handled next; never where only an event can change something.
  public var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    @inline(never) mutating get {
      let next: Instant
      switch phase {
      case .waiting, .leaving: next = state.leaveAt
      // From the drain signal on nobody asks whether the app hangs.
      case .starting: next = min(state.watchdogDue, state.execDue)
      case .serving: next = state.watchdogDue
      case .stopping: next = state.killAt
      case .draining: next = windowDeadline
      case .killing, .exited: next = .never
      }
      return min(next, state.continueDue)
    }
  }
}
