import CLinux
import DrainCore
import DrainLinux

// What the lifecycle wants done, as system calls.

extension Supervisor {
  /// Tells the lifecycle of an event and does what it says.
  @inline(never) mutating func handle(_ event: Event, _ now: Instant) {
    let effects = lifecycle.handle(event, now: now)
    perform(effects)
    // Afterwards: after a fault in between it is done again, which is better than not at all. A signal that
    // is only passed on changes nothing that would have to be remembered.
    if !effects.isForwarding { remember() }
    attend(readiness.follow(facts, sources.loop, now))
  }

  @inline(never) mutating func perform(_ effects: Effects) {
    for index in 0..<effects.count { perform(effects[index]) }
  }

  private mutating func perform(_ effect: Effect) {
    switch effect {
    case .startApp: startApp()
    case .forward(let received, let signal): passOn(received, as: signal)
    case .signalApp(let signal): signalling.send(signal)
    case .signalLeftovers(let signal): signalling.sendToAll(signal)
    case .findLeftovers: findLeftovers()
    case .findListeners: findListeners()
    case .stopAsJob(let signal): stopAsJob(signal)
    case .continueAsJob: continueAsJob()
    case .checkLive: attend(readiness.askLive(facts, sources.loop, Clock.now()))
    case .observeTraffic: observeTraffic()
    case .stopObserving: stopObserving()
    case .runHooks(let moment): runHooks(moment)
    case .log(let event):
      log.write(event, lifecycle.state)
      nameLeftovers(event)
    case .exit(let code):
      exitCode = code
      // Who still runs is killed, and named.
      attend(readiness.expireHooks(sources.loop, Instant(nanoseconds: .max / 4)))
    }
  }
}
