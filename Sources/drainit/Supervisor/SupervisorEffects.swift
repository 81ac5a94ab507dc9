import CLinux
import DrainCore
import DrainLinux

// What the lifecycle wants done, as system calls.

extension Supervisor {
  /// Tells the lifecycle of an event and does what it says, in the order in which it was decided: what an
  /// effect finds out is handled when those before it are done.
  @inline(never) mutating func handle(_ event: Event, _ now: Instant) {
    if order.begins(with: event) { work(through: event, now) }
  }

  /// Does what a beginning or a come-back comes to, and what that leads to.
  @inline(never) mutating func start(_ effects: Effects) {
    order.begin()
    perform(effects)
    noteLost(effects)
    work(through: order.next(), Clock.now())
  }

  private mutating func work(through event: Event?, _ now: Instant) {
    var next = event
    var moment = now
    while let event = next {
      let effects = lifecycle.handle(event, now: moment)
      perform(effects)
      // Afterwards: after a fault in between it is done again, which is better than not at all. A signal
      // that is only passed on changes nothing that would have to be remembered.
      if !effects.isForwarding { remember() }
      attend(readiness.follow(facts, sources.loop, moment))
      noteLost(effects)
      next = order.next()
      if next != nil { moment = Clock.now() }
    }
  }

  private mutating func noteLost(_ effects: Effects) {
    let lost = effects.lost &+ order.takeLost()
    if lost > 0 { log.write(.lost(lost), lifecycle.state) }
  }

  private mutating func perform(_ effects: Effects) {
    for index in 0..<effects.count { perform(effects[index]) }
  }

  private mutating func perform(_ effect: Effect) {
    switch effect {
    case .startApp: startApp()
    case .forward(let received, let signal): passOn(received, as: signal)
    case .signalApp(let signal):
      note(app.send(signal, to: lifecycle.state.appPID), of: signal)
    case .signalLeftovers(let signal): app.sendToLeftOvers(signal, of: lifecycle.state.appPID)
    case .findLeftovers: findLeftovers()
    case .findListeners: findListeners()
    case .stopAsJob(let signal): stopAsJob(signal)
    case .continueAsJob: app.goOn(lifecycle.state.appPID)
    case .checkLive: attend(readiness.askLive(facts, sources.loop, Clock.now()))
    case .observeTraffic: observeTraffic()
    case .stopObserving: stopObserving()
    case .askUntil: attend(readiness.askUntil(facts, sources.loop, Clock.now()))
    case .missWatchdog: missWatchdog()
    case .runHooks(let moment): runHooks(moment)
    case .log(let event):
      let delivery = app.refusal(of: event, lifecycle.state.appPID)
      log.context.refusal = delivery.refusal?.number ?? 0
      log.context.isRefusalPartial = delivery.isInPart
      log.write(event, lifecycle.state)
      nameLeftovers(event)
    case .exit(let code):
      exitCode = code
      // Who still runs is killed, and named.
      attend(readiness.expireHooks(facts, sources.loop, Instant(nanoseconds: .max / 4)))
    }
  }
}
