import DrainCore
import DrainLinux

// Events of the loop and of the lifecycle.

extension Readiness {
  /// When `expire` is to be called next.
  var nextDeadline: Instant {
    @inline(never) mutating get { min(groups.nextDeadline, endpoint.nextDeadline) }
  }

  /// Follows the lifecycle: the checks begin with the app and end when nothing can be ready any more.
  @inline(never) mutating func follow(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    if !hasStarted && facts.appRuns {
      hasStarted = true
      tell(.startAfter, .stopped, facts, loop, now, &news)
      tell(.live, .started, facts, loop, now, &news)
      tell(.ready, .started, facts, loop, now, &news)
    }
    let canBeReady = facts.mayBeReady || facts.mayBeReadyForKubelet || facts.phase < .draining
    if hasStarted && !hasStopped && !canBeReady {
      hasStopped = true
      tell(.ready, .stopped, facts, loop, now, &news)
    }
    return news
  }

  /// Begins to ask whether the app may be started.
  mutating func awaitStart(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    tell(.startAfter, .started, facts, loop, now, &news)
    return news
  }

  /// Asks whether the app is alive, for the lifecycle.
  mutating func askLive(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    awaitsLive = true
    var news = ReadinessNews()
    tell(.live, .asked, facts, loop, now, &news)
    return news
  }

  /// Asks whether the checks of `--until` hold, for the lifecycle.
  mutating func askUntil(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    tell(.until, .started, facts, loop, now, &news)
    tell(.until, .asked, facts, loop, now, &news)
    return news
  }

  /// Tells a group something, and does what it comes to.
  private mutating func tell(
    _ role: CheckRole, _ event: GateEvent, _ facts: EndpointFacts, _ loop: borrowing EventLoop,
    _ now: Instant, _ news: inout ReadinessNews
  ) {
    settle(groups[role].pointee.handle(event, &world, loop, now), role, facts, loop, now, &news)
  }

  @inline(never) mutating func expire(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    endpoint.expire(loop, at: now)
    var news = ReadinessNews()
    for number in 0..<CheckRole.count {
      guard let role = CheckRole(rawValue: number) else { continue }
      settle(groups[role].pointee.expire(&world, loop, now), role, facts, loop, now, &news)
    }
    return news
  }

  /// Takes an event of the endpoint's.
  @inline(never) mutating func take(
    _ event: ReadyEvent, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    endpoint.handleReady(event, loop, at: now)
    while let slot = endpoint.takeRequest() { serve(slot, facts, loop, now, &news) }
    return news
  }

  /// Takes an event of a group's.
  @inline(never) mutating func take(
    _ event: ReadyEvent, of role: CheckRole, _ facts: EndpointFacts, _ loop: borrowing EventLoop,
    _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    settle(groups[role].pointee.take(event, &world, loop, now), role, facts, loop, now, &news)
    return news
  }

  /// Takes a child's end: it may have been a check's.
  @inline(never) mutating func take(
    _ change: ChildChange, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    for number in 0..<CheckRole.count {
      guard let role = CheckRole(rawValue: number) else { continue }
      settle(groups[role].pointee.take(change, &world, loop, now), role, facts, loop, now, &news)
    }
    return news
  }

  /// Tells which descriptors are the endpoint's and the checks'.
  mutating func insert(into own: inout OwnDescriptors) {
    endpoint.insert(into: &own)
    groups.insert(into: &own)
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
    if page == .readyz && isKubelet(slot) { news.kubeletAsked = true }
    switch needs(page, of: slot, facts) {
    case .none:
      answer(slot, facts, loop, now)
    case .ready:
      endpoint.hold(slot, loop)
      tell(.ready, .asked, facts, loop, now, &news)
    case .live:
      endpoint.hold(slot, loop)
      tell(.live, .asked, facts, loop, now, &news)
    }
  }

  /// Whether the kubelet asks, be it by its exec probe.
  private func isKubelet(_ slot: Int) -> Bool {
    guard let request = endpoint.request(of: slot) else { return false }
    if request.isKubelet { return true }
    return request.isProbe && endpoint.peer(of: slot)?.isLoopback == true
  }

  /// What a request needs: nothing where it leaves out all that there is.
  private func needs(_ page: ProbePage, of slot: Int, _ facts: EndpointFacts) -> NeededChecks {
    let needed = EndpointAnswer.needs(
      page, facts: facts.told(toKubelet: isKubelet(slot)),
      gateIsOpen: groups[.ready].pointee.gate.isOpen,
      hasLive: groups[.live].pointee.gate.checks.count > 0)
    guard needed != .none, let request = endpoint.request(of: slot) else { return needed }
    if !request.check.isEmpty {
      let name = request.check.of(endpoint.head(of: slot))
      let found =
        needed == .ready
        ? EndpointAnswer.check(named: name, of: groups[.ready].pointee.gate.checks)
        : EndpointAnswer.check(named: name, of: groups[.live].pointee.gate.checks)
      return found == nil ? .none : needed
    }
    let query = request.query.of(endpoint.head(of: slot))
    let leavesAllOut =
      needed == .ready
      ? EndpointAnswer.excludesAll(groups[.ready].pointee.gate.checks, query)
      : EndpointAnswer.excludesAll(groups[.live].pointee.gate.checks, query)
    return leavesAllOut ? .none : needed
  }

  /// Does what a group's turn came to: whoever waits for it is answered.
  @inline(never) mutating func settle(
    _ group: GroupNews, _ role: CheckRole, _ facts: EndpointFacts,
    _ loop: borrowing EventLoop, _ now: Instant, _ news: inout ReadinessNews
  ) {
    switch role {
    case .ready:
      news.hasOpened = news.hasOpened || group.hasOpened
      if group.answer { answerHeld(.ready, facts, loop, now) }
    case .live:
      guard group.answer else { return }
      if awaitsLive {
        awaitsLive = false
        news.isLive = groups[.live].pointee.allHold && !facts.isHung
      }
      answerHeld(.live, facts, loop, now)
    case .startAfter:
      news.mayStart = news.mayStart || group.hasOpened
    case .until:
      if group.answer { news.untilHolds = groups[.until].pointee.allHold }
    case .readyHook, .drainHook, .exitHook:
      if group.answer { news.endedHooks |= 1 << role.rawValue }
    }
  }

  @inline(never) private mutating func answerHeld(
    _ kind: NeededChecks, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    var slot = -1
    while let next = endpoint.nextHeld(after: slot) {
      slot = next
      guard case .probe(let page) = endpoint.request(of: slot)?.route else { continue }
      let needed = needs(page, of: slot, facts)
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
    let isKubelet = isKubelet(slot)
    let answer = EndpointAnswer(facts: facts.told(toKubelet: isKubelet), now: now)
    let isOne = !request.check.isEmpty
    let status =
      isOne
      ? answer.render(
        page, check: request.check.of(endpoint.head(of: slot)),
        gate: groups[.ready].pointee.gate, live: groups[.live].pointee.gate, into: &body)
      : answer.render(
        page, query: request.query.of(endpoint.head(of: slot)),
        gate: groups[.ready].pointee.gate, live: groups[.live].pointee.gate, into: &body)
    // Who asks for one check does not ask whether to send requests.
    if countsProbes && page == .readyz && !isOne && !isKubelet, let peer = endpoint.peer(of: slot) {
      note(probe: peer, status, facts.phase, now)
    }
    endpoint.answer(slot, status: status, body: body, loop, at: now)
  }

  /// Remembers who asks while the app serves, and who has been told that it does no more.
  @inline(never) private mutating func note(
    probe peer: IPAddress, _ status: UInt16, _ phase: Phase, _ now: Instant
  ) {
    if phase == .draining {
      if status == 503 { probes.refused(peer) }
    } else {
      probes.asked(peer, at: now)
    }
    world.hasChanged = true
  }
}
