// The drain window: how it opens, what changes it, how it ends in the stop signal or in SIGKILL.

extension Lifecycle {
  mutating func openGate(_ now: Instant, _ effects: inout Effects) {
    state.phase = .serving
    state.hasOpened = true
    state.openedAt = now
    effects.append(.log(.ready(after: now.since(state.startedAt))))
    if plan.hasReadyHooks {
      state.readyHooksRun = true
      effects.append(.runHooks(.ready))
    }
  }

  mutating func beginDrain(
    _ received: ReceivedSignal, _ program: KnownProgram, _ now: Instant, _ effects: inout Effects
  ) {
    state.phase = .draining
    state.drainSignal = received.signal
    state.stopSignal = plan.signals.stopSignal(for: received.signal, program: program)
    state.interrupts = received.signal == .int ? 1 : 0
    state.drainedAt = now
    state.stopAskedAt = now
    let window = plan.window
    // A rollout whose app crashes before it was ever ready must not pay the maximum for each pod; one that
    // is sent requests all the same shows it in the window (`serveOn`).
    let maximum = state.hasOpened ? window.maximum : window.minimum
    state.windowMinimum = now + window.minimum
    state.windowMaximum = now + maximum
    state.unreadyAt = now + plan.unreadyAfter
    state.isUnready = plan.unreadyAfter == .zero || !state.hasOpened
    let spared = plan.sparesKubelet ? state.kubelet.spared(of: maximum) : plan.unreadyAfter
    state.kubeletUnreadyAt = now + spared
    state.isKubeletUnready = spared == .zero || !state.hasOpened
    if maximum == .zero {
      state.isUnready = true
      state.isKubeletUnready = true
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
    }
    // Before the hooks: sent to all processes it would be sent to theirs.
    if plan.notice != .none { effects.append(.signalApp(plan.notice)) }
    if plan.hasDrainHooks {
      state.drainHooksRun = true
      state.owesDrainHooks = state.readyHooksRun
      if !state.owesDrainHooks { effects.append(.runHooks(.drain)) }
    }
  }

  /// A moment's hooks have ended, or were given up.
  mutating func endHooks(_ moment: HookMoment, _ effects: inout Effects) {
    switch moment {
    case .ready:
      state.readyHooksRun = false
      // The window has waited for them; after it nobody is told any more.
      guard state.owesDrainHooks, phase == .draining else { return }
      state.owesDrainHooks = false
      effects.append(.runHooks(.drain))
    case .drain:
      state.drainHooksRun = false
    case .exit:
      if phase == .leaving && state.exitHooksRun { endExitHooks(&effects) }
    }
  }

  mutating func repeatDrain(
    _ received: ReceivedSignal, _ now: Instant, _ effects: inout Effects
  ) {
    if received.signal == .int && state.interrupts < 2 { state.interrupts &+= 1 }
    // A person's: the window is over, which `windowOver` says.
    if phase == .draining && state.interrupts == 2 { return }
    let end = phase == .draining ? state.windowMaximum : state.killAt
    let left: Interval? = end == .never ? nil : end.since(now)
    effects.append(.log(.repeated(received.signal, phase, left: left)))
  }

  mutating func learn(_ listeners: Listeners, _ now: Instant, _ effects: inout Effects) {
    switch listeners {
    case .none where plan.windowSource != .given, .client where plan.windowSource != .given:
      // A worker's drain hook is still waited for, until the maximum.
      state.hasNoListener = true
      let change = listeners == .none ? WindowChange.noListener : .client
      effects.append(.log(.windowChanged(change, left: .zero)))
    case .none, .client, .unseen:
      state.hasUnseen = listeners == .unseen
      // What cannot be seen counts as there.
      if listeners == .unseen && !state.hasOpened { state.windowMaximum = latestEnd }
      noteUnseen(.unseen, now, &effects)
    case .both:
      state.hasUnseen = true
      // In the window one may have come after the traffic that is seen had ended.
      state.traffic = .none
      state.checksHold = false
      noteUnseen(.unseenBeside, now, &effects)
      observe(&effects)
    case .partly:
      state.hasUnseen = true
      noteUnseen(.partly, now, &effects)
      observe(&effects)
    case .tcp, .unknown:
      observe(&effects)
    }
  }

  /// When the window is over at the latest, where it is not only its minimum.
  private var latestEnd: Instant { state.drainedAt + plan.window.maximum }

  /// Who is sent requests serves, whatever its gate has said, and has everybody's window.
  mutating func serveOn(_ now: Instant, _ effects: inout Effects) {
    guard !state.hasOpened, state.windowMaximum < latestEnd else { return }
    state.windowMaximum = latestEnd
    effects.append(.log(.windowChanged(.used, left: latestEnd.since(now))))
  }

  /// Says that the window lasts its maximum, where it could have ended before.
  private func noteUnseen(_ change: WindowChange, _ now: Instant, _ effects: inout Effects) {
    guard plan.endsEarly, state.windowMinimum < state.windowMaximum else { return }
    effects.append(.log(.windowChanged(change, left: state.windowMaximum.since(now))))
  }

  private mutating func observe(_ effects: inout Effects) {
    guard plan.observes, !state.isObserving else { return }
    state.isObserving = true
    effects.append(.observeTraffic)
  }

  /// Takes what the traffic has come to: once it has ended the checks of `--until` are asked, if there are
  /// any, and while it goes on nobody asks them.
  mutating func weigh(_ end: WindowEnd, _ now: Instant, _ effects: inout Effects) {
    // What was seen says nothing of what cannot be seen.
    guard plan.endsEarly, !state.hasUnseen else { return }
    state.traffic = end
    if end == .none { state.checksHold = false }
    askUntilWhenDue(now, &effects)
  }

  /// Takes the checks' answer; one that was asked for a silence that is over says nothing.
  mutating func weighChecks(_ hold: Bool) {
    state.isAskingUntil = false
    state.checksHold = hold && state.traffic != .none
  }

  /// Whether the checks of `--until` are what the window waits for.
  private var awaitsChecks: Bool {
    plan.hasUntilChecks && state.traffic != .none && !state.checksHold && !state.isAskingUntil
  }

  mutating func askUntilWhenDue(_ now: Instant, _ effects: inout Effects) {
    guard awaitsChecks, now >= state.untilDue else { return }
    state.isAskingUntil = true
    state.untilDue = now + plan.untilEvery
    effects.append(.askUntil)
  }

  /// A hung app: nobody is to send it anything, and its window is as short as may be.
  mutating func giveUp(_ now: Instant, _ effects: inout Effects) {
    if plan.sparesKubelet { state.kubeletUnreadyAt = min(state.kubeletUnreadyAt, now) }
    becomeUnreadyWhenDue(now, &effects)
    shortenWindow(.notLive, now, &effects)
  }

  mutating func shortenWindow(
    _ change: WindowChange, _ now: Instant, _ effects: inout Effects
  ) {
    guard state.windowMinimum < state.windowMaximum else { return }
    state.windowMaximum = state.windowMinimum
    effects.append(.log(.windowChanged(change, left: state.windowMaximum.since(now))))
  }

  mutating func missWatchdogWhenDue(_ now: Instant, _ effects: inout Effects) {
    guard now >= state.watchdogDue else { return }
    state.watchdogDue = .never
    effects.append(.missWatchdog)
  }

  mutating func becomeUnreadyWhenDue(_ now: Instant, _ effects: inout Effects) {
    if !state.isUnready && now >= state.unreadyAt {
      state.isUnready = true
      effects.append(.log(.unready))
    }
    if !state.isKubeletUnready && now >= state.kubeletUnreadyAt {
      state.isKubeletUnready = true
      if plan.sparesKubelet { effects.append(.log(.kubeletUnready)) }
    }
  }

  /// What `--until` has come to; none while it does not hold.
  private var untilEnd: WindowEnd {
    if plan.hasUntilChecks && state.checksHold && state.traffic != .none { return .check }
    return plan.hasUntilChecks ? .none : state.traffic
  }

  /// Why the window would end before its maximum, were its minimum over; none where it would not.
  private var earlyEnd: WindowEnd {
    if state.drainHooksRun { return .none }
    return state.hasNoListener ? .noListener : untilEnd
  }

  /// Whether the window is over, and by what; nil while it is open. No window at all is over by nothing.
  func windowOver(_ now: Instant) -> WindowEnd? {
    if state.interrupts >= 2 { return .secondInterrupt }
    if state.windowMaximum == state.drainedAt { return WindowEnd.none }
    // Whoever listens on nothing has no minimum either.
    let minimum = state.hasNoListener ? state.drainedAt : state.windowMinimum
    if earlyEnd != .none && now >= minimum { return earlyEnd }
    guard now >= state.windowMaximum else { return nil }
    // A rollout's crash and a hung app were given their minimum, everybody else the maximum.
    return state.windowMaximum == state.windowMinimum && plan.isRange ? .minimum : .maximum
  }

  /// When something of an open window is due.
  var windowDeadline: Instant {
    let end = earlyEnd == .none ? state.windowMaximum : state.windowMinimum
    let next = awaitsChecks ? min(end, state.untilDue) : end
    return min(
      next,
      min(
        state.isUnready ? .never : state.unreadyAt,
        state.isKubeletUnready ? .never : state.kubeletUnreadyAt))
  }

  mutating func endWindowWhenOver(_ now: Instant, _ effects: inout Effects) {
    guard let end = windowOver(now) else { return }
    state.windowEnd = end
    stop(now, &effects)
  }

  mutating func stop(_ now: Instant, _ effects: inout Effects) {
    stopObserving(&effects)
    state.isUnready = true
    state.isKubeletUnready = true
    if state.owesDrainHooks {
      state.owesDrainHooks = false
      effects.append(.log(.hooksNotRun(.drain)))
    }
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

  mutating func stopObserving(_ effects: inout Effects) {
    guard state.isObserving else { return }
    state.isObserving = false
    effects.append(.stopObserving)
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
