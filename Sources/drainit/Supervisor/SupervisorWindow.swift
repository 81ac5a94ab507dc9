import CLinux
import DrainCore
import DrainLinux

// The drain window: traffic in, `until` out.

extension Supervisor {
  @inline(never) mutating func findListeners() {
    // Bare, nothing is looked at: what brought drainit down may be just that.
    let found = comeBack.lives.isBare ? Listeners.unknown : readiness.findListeners()
    log.context.clientPort = readiness.clientPort
    if !comeBack.lives.isBare { notePorts() }
    handle(.listeners(found), Clock.now())
  }

  @inline(never) mutating func observeTraffic() {
    let ports = readiness.watchedPorts
    // Without a port that is known there is nothing to see, and the window lasts its maximum.
    if ports.isEmpty { return }
    window.begin(
      ports, at: readiness.world.ports.ends, drainedAt: lifecycle.state.drainedAt,
      hasUnseen: lifecycle.state.hasUnseen, sources.loop, Clock.now())
    noteObserver()
  }

  /// Says which ports are watched, and how it was told that they are the app's.
  @inline(never) private mutating func notePorts() {
    let owner = readiness.world.ports.way.owner
    log.context.ports = readiness.watchedPorts
    log.context.portsOwner = owner
    log.write(.watching(isGuess: owner == .newcomers), lifecycle.state)
  }

  /// Looks at the traffic. What the app has begun to listen on since the last look counts, too.
  @inline(never) mutating func look(_ now: Instant) {
    let begun = Clock.processorTime()
    let found = readiness.world.ports.listenersAgain()
    if readiness.watchedPorts.insert(found.ports) { notePorts() }
    window.look(
      found, at: readiness.world.ports.ends, cost: Clock.processorTime() - begun, sources.loop, now)
    // A UDP socket that was not there at the drain signal.
    if found.hasDatagrams && !lifecycle.state.hasUnseen { handle(.listeners(.both), now) }
  }

  @inline(never) mutating func stopObserving() {
    log.context.evidence = window.evidence
    window.end(sources.loop)
  }

  @inline(never) mutating func takeTraffic(_ event: ReadyEvent) {
    let now = Clock.now()
    window.take(event, { readiness.groups.isOwnConnection($0, port: $1) }, sources.loop, now)
    noteObserver()
    remember()
  }

  /// Tells the lifecycle whether the traffic has ended, where that has changed.
  @inline(never) mutating func judgeWindow() {
    guard lifecycle.phase == .draining else { return }
    let now = Clock.now()
    let drainedAt = lifecycle.state.drainedAt
    if !lifecycle.state.hasOpened, window.isUsed { handle(.arrived, now) }
    guard
      let end = window.verdict(
        now, wasProbed: { readiness.wasProbed(times: $0, drainedAt: drainedAt) })
    else { return }
    if end != lifecycle.state.traffic { handle(.traffic(end), now) }
  }

  /// Says what an app has that waits in vain for a TCP listener.
  @inline(never) mutating func note(_ other: OtherListener) {
    log.context.unixPath = readiness.world.ports.unixListener
    log.write(.listensElsewhere(other), lifecycle.state)
  }

  /// Says that arrivals cannot be seen.
  @inline(never) private mutating func noteObserver() {
    guard let failure = window.takeFailure() else { return }
    log.write(.cannotObserve(errno: failure.number), lifecycle.state)
  }
}
