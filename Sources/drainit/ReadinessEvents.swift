import DrainCore
import DrainLinux

// Events of the loop and of the lifecycle.

extension Readiness {
  /// When `expire` is to be called next.
  var nextDeadline: Instant {
    @inline(never) mutating get {
      var next = min(
        min(ready.pointee.nextDeadline, live.pointee.nextDeadline),
        min(min(startAfter.pointee.nextDeadline, untilDeadline), endpoint.nextDeadline))
      for moment in 0..<3 { next = min(next, hooks[moment].nextDeadline) }
      return next
    }
  }

  /// When a check of `--until` has taken too long, or may be asked again.
  private var untilDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    mutating get {
      guard awaitsUntil else { return until.pointee.nextDeadline }
      return min(until.pointee.nextDeadline, until.pointee.gate.checks.nextRound)
    }
  }

  /// Follows the lifecycle: the checks begin with the app and end when nothing can be ready any more.
  @inline(never) mutating func follow(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    if !hasStarted && facts.appRuns {
      hasStarted = true
      settle(
        startAfter.pointee.handle(.stopped, &world, loop, now), .startCheck, facts, loop, now, &news
      )
      settle(live.pointee.handle(.started, &world, loop, now), .liveCheck, facts, loop, now, &news)
      settle(
        ready.pointee.handle(.started, &world, loop, now), .readyCheck, facts, loop, now, &news)
    }
    let canBeReady = facts.mayBeReady || facts.phase.rawValue < Phase.draining.rawValue
    if hasStarted && !hasStopped && !canBeReady {
      hasStopped = true
      settle(
        ready.pointee.handle(.stopped, &world, loop, now), .readyCheck, facts, loop, now, &news)
    }
    return news
  }

  /// Begins to ask whether the app may be started.
  mutating func awaitStart(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    settle(
      startAfter.pointee.handle(.started, &world, loop, now), .startCheck, facts, loop, now, &news)
    return news
  }

  /// Asks whether the app is alive, for the lifecycle.
  mutating func askLive(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    awaitsLive = true
    var news = ReadinessNews()
    settle(live.pointee.handle(.asked, &world, loop, now), .liveCheck, facts, loop, now, &news)
    return news
  }

  /// Asks whether the checks of `--until` hold, as often as they may be asked.
  mutating func askUntil(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    if !awaitsUntil {
      awaitsUntil = true
      settle(
        until.pointee.handle(.started, &world, loop, now), .untilCheck, facts, loop, now, &news)
    }
    if until.pointee.gate.checks.nextRound <= now {
      settle(until.pointee.handle(.asked, &world, loop, now), .untilCheck, facts, loop, now, &news)
    }
    return news
  }

  @inline(never) mutating func expire(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    endpoint.expire(loop, at: now)
    var news = ReadinessNews()
    settle(startAfter.pointee.expire(&world, loop, now), .startCheck, facts, loop, now, &news)
    settle(until.pointee.expire(&world, loop, now), .untilCheck, facts, loop, now, &news)
    settle(live.pointee.expire(&world, loop, now), .liveCheck, facts, loop, now, &news)
    settle(ready.pointee.expire(&world, loop, now), .readyCheck, facts, loop, now, &news)
    for moment in 0..<3 { note(moment, hooks[moment].expire(&world, loop, now), &news) }
    return news
  }

  @inline(never) mutating func take(
    _ event: ReadyEvent, from source: EventSource, _ facts: EndpointFacts,
    _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    switch source {
    case .endpoint:
      endpoint.handleReady(event, loop, at: now)
      while let slot = endpoint.takeRequest() { serve(slot, facts, loop, now, &news) }
    case .readyCheck:
      settle(ready.pointee.take(event, &world, loop, now), source, facts, loop, now, &news)
    case .liveCheck:
      settle(live.pointee.take(event, &world, loop, now), source, facts, loop, now, &news)
    case .startCheck:
      settle(startAfter.pointee.take(event, &world, loop, now), source, facts, loop, now, &news)
    case .untilCheck:
      settle(until.pointee.take(event, &world, loop, now), source, facts, loop, now, &news)
    case .readyHook, .drainHook, .exitHook:
      let moment = source.hooks
      note(moment, hooks[moment].take(event, &world, loop, now), &news)
    case .signals, .faults, .traffic, .notify, .notice: break
    }
    return news
  }

  /// Takes a child's end: it may have been a check's.
  @inline(never) mutating func take(
    _ change: ChildChange, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    settle(ready.pointee.take(change, &world, loop, now), .readyCheck, facts, loop, now, &news)
    settle(live.pointee.take(change, &world, loop, now), .liveCheck, facts, loop, now, &news)
    settle(startAfter.pointee.take(change, &world, loop, now), .startCheck, facts, loop, now, &news)
    settle(until.pointee.take(change, &world, loop, now), .untilCheck, facts, loop, now, &news)
    for moment in 0..<3 { note(moment, hooks[moment].take(change, &world, loop, now), &news) }
    return news
  }

  /// Tells which descriptors are the endpoint's and the checks'.
  mutating func insert(into own: inout OwnDescriptors) {
    endpoint.insert(into: &own)
    ready.pointee.insert(into: &own)
    live.pointee.insert(into: &own)
    startAfter.pointee.insert(into: &own)
    until.pointee.insert(into: &own)
  }

  /// Answers a request, or holds it until the checks that it needs have run.
  private mutating func serve(
    _ slot: Int, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant,
    _ news: inout ReadinessNews
  ) {
    guard let route = endpoint.request(of: slot)?.route else { return }
    guard case .probe(let page) = route else {
      news.wantsReport = true
      return
    }
    switch needs(page, facts) {
    case .none:
      answer(slot, facts, loop, now)
    case .ready:
      endpoint.hold(slot, loop)
      settle(ready.pointee.handle(.asked, &world, loop, now), .readyCheck, facts, loop, now, &news)
    case .live:
      endpoint.hold(slot, loop)
      settle(live.pointee.handle(.asked, &world, loop, now), .liveCheck, facts, loop, now, &news)
    }
  }

  private func needs(_ page: ProbePage, _ facts: EndpointFacts) -> NeededChecks {
    EndpointAnswer.needs(
      page, facts: facts, gateIsOpen: ready.pointee.gate.isOpen,
      hasLive: live.pointee.gate.checks.count > 0)
  }

  /// Does what a group's turn came to: whoever waits for it is answered.
  @inline(never) private mutating func settle(
    _ group: GroupNews, _ source: EventSource, _ facts: EndpointFacts,
    _ loop: borrowing EventLoop, _ now: Instant, _ news: inout ReadinessNews
  ) {
    switch source {
    case .readyCheck:
      news.hasOpened = news.hasOpened || group.hasOpened
      if group.answer { answerHeld(.ready, facts, loop, now) }
    case .liveCheck:
      guard group.answer else { return }
      if awaitsLive {
        awaitsLive = false
        news.isLive = live.pointee.allHold && !facts.isHung
      }
      answerHeld(.live, facts, loop, now)
    case .startCheck:
      news.mayStart = news.mayStart || group.hasOpened
    case .untilCheck:
      if group.answer { untilHolds = until.pointee.allHold }
    case .signals, .faults, .endpoint, .traffic, .readyHook, .drainHook, .exitHook,
      .notify, .notice:
      break
    }
  }

  @inline(never) private mutating func answerHeld(
    _ kind: NeededChecks, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    var slot = -1
    while let next = endpoint.nextHeld(after: slot) {
      slot = next
      guard case .probe(let page) = endpoint.request(of: slot)?.route else { continue }
      let needed = needs(page, facts)
      // The phase may have changed while it was held: then nothing has to be asked any more.
      if needed == kind || needed == .none { answer(slot, facts, loop, now) }
    }
  }

  @inline(never) private mutating func answer(
    _ slot: Int, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    guard let request = endpoint.request(of: slot), case .probe(let page) = request.route else {
      return
    }
    body.removeAll()
    let answer = EndpointAnswer(facts: facts, now: now)
    let status = answer.render(
      page, query: request.query.of(endpoint.head(of: slot)), gate: ready.pointee.gate,
      live: live.pointee.gate,
      into: &body)
    if page == .readyz && status == 503 && facts.phase == .draining && !request.isKubelet,
      let peer = endpoint.peer(of: slot)
    {
      probes.note(peer)
    }
    endpoint.answer(slot, status: status, body: body, loop, at: now)
  }
}
