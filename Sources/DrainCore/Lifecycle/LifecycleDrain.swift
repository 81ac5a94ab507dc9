// The drain window: how it opens, what changes it, how it ends in the stop signal or in SIGKILL.

extension Lifecycle {
  mutating func openGate(_ now: Instant, _ effects: inout Effects) {
    state.phase = .serving
    state.hasOpened = true
    state.openedAt = now
    effects.append(.log(.ready(after: now.since(state.startedAt))))
    if plan.hasReadyHooks { effects.append(.runHooks(.ready)) }
  }

  mutating func beginDrain(
    _ received: ReceivedSignal, _ program: KnownProgram, _ now: Instant, _ effects: inout Effects
  ) {
    state.phase = .draining
    state.drainSignal = received.signal
    state.stopSignal = plan.signals.stopSignal(for: received.signal, program: program)
    state.interrupts = received.signal == .int ? 1 : 0
    state.drainedAt = now
    let window = plan.window
    // A rollout whose app crashes before it was ever ready must not pay the maximum for each pod.
    let maximum = state.hasOpened ? window.maximum : window.minimum
    state.windowMinimum = now + window.minimum
    state.windowMaximum = now + maximum
    state.unreadyAt = now + plan.unreadyAfter
    state.isUnready = plan.unreadyAfter == .zero || !state.hasOpened
    if maximum == .zero {
      state.isUnready = true
      effects.append(.log(.notDraining(received.signal, .zero)))
    } else {
      effects.append(
        .log(
          .draining(
            received.signal, minimum: plan.endsEarly ? window.minimum : maximum, maximum: maximum,
            stop: state.stopSignal)))
      if !state.hasOpened && window.minimum < window.maximum {
        effects.append(.log(.windowChanged(.neverReady, left: maximum)))
      }
      effects.append(.findListeners)
      if plan.hasLiveCheck { effects.append(.checkLive) }
      if observesNow { effects.append(.observeTraffic) }
    }
    // Before the hooks: sent to all processes it would be sent to theirs.
    if plan.notice != .none { effects.append(.signalApp(plan.notice)) }
    if plan.hasDrainHooks {
      state.drainHooksRun = true
      effects.append(.runHooks(.drain))
    }
  }

  /// Whether an open window's traffic is watched. A rollout that crashes has none to speak of.
  var observesNow: Bool {
    plan.observes && state.hasOpened && state.drainedAt != .never && plan.window.maximum > .zero
  }

  mutating func repeatDrain(
    _ received: ReceivedSignal, _ now: Instant, _ effects: inout Effects
  ) {
    if received.signal == .int && state.interrupts < 2 { state.interrupts &+= 1 }
    if phase == .draining && received.signal == .int && state.interrupts == 2 {
      state.windowEnd = .secondInterrupt
      state.windowMaximum = now
      state.drainHooksRun = false
      return
    }
    let end = phase == .draining ? state.windowMaximum : state.killAt
    let left: Interval? = end == .never ? nil : end.since(now)
    effects.append(.log(.repeated(received.signal, phase, left: left)))
  }

  mutating func learn(_ listeners: Listeners, _ now: Instant, _ effects: inout Effects) {
    switch listeners {
    case .none where plan.windowSource != .given:
      // A worker's drain hook is still waited for, until the maximum.
      state.windowEnd = .noListener
      state.windowMinimum = now
      state.untilHolds = true
      if observesNow { effects.append(.stopObserving) }
      effects.append(.log(.windowChanged(.noListener, left: .zero)))
    case .none, .udp:
      if observesNow { effects.append(.stopObserving) }
      guard plan.endsEarly, state.windowMinimum < state.windowMaximum else { return }
      effects.append(.log(.windowChanged(.unseen, left: state.windowMaximum.since(now))))
    case .tcp, .unknown:
      break
    }
  }

  mutating func hold(_ holds: Bool, _ condition: WindowEnd) {
    guard state.windowEnd != .noListener, plan.endsEarly else { return }
    state.untilHolds = holds
    state.windowEnd = holds ? condition : .none
  }

  mutating func shortenWindow(
    _ change: WindowChange, _ now: Instant, _ effects: inout Effects
  ) {
    guard state.windowMinimum < state.windowMaximum else { return }
    state.windowMaximum = state.windowMinimum
    state.windowEnd = .minimum
    effects.append(.log(.windowChanged(change, left: state.windowMaximum.since(now))))
  }

  mutating func becomeUnreadyWhenDue(_ now: Instant, _ effects: inout Effects) {
    guard !state.isUnready, now >= state.unreadyAt else { return }
    state.isUnready = true
    effects.append(.log(.unready))
  }

  mutating func endWindowWhenOver(_ now: Instant, _ effects: inout Effects) {
    let isOver =
      now >= state.windowMaximum || (mayEndEarly && now >= state.windowMinimum)
    guard isOver else { return }
    if state.windowMaximum == state.drainedAt && state.windowEnd != .secondInterrupt {
      state.windowEnd = .none
    } else if !mayEndEarly && state.windowEnd != .secondInterrupt {
      // A rollout's crash and a hung app were given their minimum, everybody else the maximum.
      let isShort = state.windowMaximum == state.windowMinimum && plan.isRange
      state.windowEnd = isShort ? .minimum : .maximum
    }
    stop(now, &effects)
  }

  mutating func stop(_ now: Instant, _ effects: inout Effects) {
    if observesNow && state.windowEnd != .noListener {
      effects.append(.stopObserving)
    }
    state.isUnready = true
    if plan.holds {
      state.endedAt = now
      if state.windowEnd != .none { effects.append(.log(.ended(state.ending))) }
      return finish(code: 0, &effects)
    }
    state.phase = .stopping
    state.stoppedAt = now
    state.killAt = plan.killTime(now: now, drainedAt: state.drainedAt)
    let left: Interval? = state.killAt == .never ? nil : state.killAt.since(now)
    effects.append(.log(.stopping(state.windowEnd, stop: state.stopSignal, killAfter: left)))
    if state.stopSignal != .none {
      effects.append(.signalApp(state.stopSignal))
      // A stopped process acts on no signal but SIGKILL until it is continued.
      if state.isAppStopped { effects.append(.signalApp(.cont)) }
    }
  }

  /// A signal that would end any program ends `--hold`, too; it passes none on.
  mutating func endHold(_ received: ReceivedSignal, _ effects: inout Effects) {
    switch received.signal {
    case .term, .int, .hup, .quit:
      finish(code: UInt8(truncatingIfNeeded: 128 &+ received.signal.number), &effects)
    default: break
    }
  }

  mutating func extend(_ time: Interval, _ now: Instant, _ effects: inout Effects) {
    guard state.killAt != .never else { return }
    let wanted = min(now + time, plan.stopLimit(drainedAt: state.drainedAt))
    guard wanted > state.killAt else { return }
    state.killAt = wanted
    effects.append(.log(.extended(left: wanted.since(now))))
  }

  mutating func kill(_ now: Instant, _ effects: inout Effects) {
    state.phase = .killing
    effects.append(.log(.killing(after: now.since(state.stoppedAt))))
    effects.append(.signalApp(.kill))
  }
}
