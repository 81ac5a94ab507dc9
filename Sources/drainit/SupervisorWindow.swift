import CLinux
import DrainCore
import DrainLinux

// The drain window: traffic in, `until` out.

extension Supervisor {
  @inline(never) mutating func findListeners() {
    let found = readiness.findListeners()
    handle(.listeners(found), Clock.now())
  }

  @inline(never) mutating func observeTraffic() {
    let ports = readiness.watchedPorts
    // Without a port that is known there is nothing to see, and the window lasts its maximum.
    if ports.isEmpty { return }
    window.begin(
      ports, drainedAt: lifecycle.state.drainedAt, sources.loop, Clock.now())
    noteObserver()
  }

  @inline(never) mutating func stopObserving() {
    log.context.evidence = window.evidence
    window.end(sources.loop)
  }

  @inline(never) mutating func takeTraffic(_ event: ReadyEvent) {
    let now = Clock.now()
    window.take(event, { readiness.isOwnConnection($0, port: $1) }, sources.loop, now)
    noteObserver()
    remember()
  }

  /// Tells the lifecycle whether the traffic has ended, where that has changed.
  @inline(never) mutating func judgeWindow() {
    guard lifecycle.phase == .draining else { return }
    let now = Clock.now()
    guard var end = window.verdict(now, wasProbed: { readiness.wasProbed(times: $0) }) else {
      return
    }
    if end == .check {
      attend(readiness.askUntil(facts, sources.loop, now))
      if !readiness.untilHolds { end = .none }
    }
    let holds = end != .none
    if holds != lifecycle.state.untilHolds { handle(.until(holds: holds, end), now) }
  }

  /// Says once that arrivals cannot be seen.
  @inline(never) private mutating func noteObserver() {
    guard let failure = window.failure, !hasNotedObserver else { return }
    hasNotedObserver = true
    log.write(.cannotObserve(errno: failure.number), lifecycle.state)
  }
}
