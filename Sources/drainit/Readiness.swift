import CLinux
import DrainCore
import DrainLinux

/// What the readiness side found out in one turn.
struct ReadinessNews {
  /// The gate has opened.
  var hasOpened = false
  /// Somebody asks for `/metrics` or `/status`: `answerReports` is to be called.
  var wantsReport = false

  mutating func add(_ other: ReadinessNews) {
    hasOpened = hasOpened || other.hasOpened
    wantsReport = wantsReport || other.wantsReport
  }
}

/// The endpoint, the gate and its checks: what answers a prober.
struct Readiness: ~Copyable {
  /// The default port: SIGTERM is 15, and ends a program with 143.
  static var defaultPort: UInt16 { 14315 }

  var gate: ReadinessGate
  private var runner: CheckRunner
  var endpoint: HTTPListener
  private var ports: AppPorts
  var body: ByteBuffer
  private var hasStarted = false
  private var hasStopped = false
  /// Why there is no endpoint, where that is no reason not to start.
  private(set) var listenFailure: ListenFailure?

  init(
    _ options: Options, _ earlier: HandOver?, _ loop: borrowing EventLoop
  ) throws(StartError) {
    let listening = Check(text: Array("listening".utf8), kind: .listening)
    let isOff = options.isPlain || earlier?.lives.isBare == true
    let checks = isOff ? [] : options.ready.isEmpty ? [listening] : options.ready
    var given = PortSet()
    for port in options.ports { given.insert(port) }
    var ports = AppPorts(given: given)
    var failure: ListenFailure?
    let wanted = isOff ? .off : options.listen
    let endpoint = try Readiness.listen(wanted, earlier?.endpoint ?? -1, loop, &failure)
    if endpoint.number >= 0 { ports.setOwnListener(endpoint.number) }
    if !isOff { ports.learn() }
    self.ports = ports
    self.endpoint = endpoint
    listenFailure = failure
    gate = ReadinessGate(
      checks: CheckSchedule(checks: checks, every: options.readyEvery),
      settings: GateSettings(successes: options.readySuccesses, warmup: options.warmup),
      memory: earlier?.gate ?? GateMemory())
    runner = CheckRunner(
      checks: checks, headers: options.checkHeaders, timeout: options.checkTimeout,
      kind: EventSource.check.rawValue)
    body = ByteBuffer(capacity: isOff ? 0 : EndpointLimits.bodyBytes)
  }

  /// The checks as messages name them.
  var gateNames: [[UInt8]] { gate.checks.names }

  /// What of the gate must survive a fault.
  var memory: GateMemory { gate.memory }

  /// The endpoint's listening socket, for whoever closes what drainit does not need; -1 for none.
  var endpointNumber: Int32 { endpoint.number }

  /// What the app listens on. A port that was named counts as there, whoever listens now.
  mutating func listeners() -> Listeners {
    let verdict = ports.listeners().verdict
    return verdict == .none && !ports.ownership.given.isEmpty ? .unknown : verdict
  }

  private static func listen(
    _ wanted: ListenAddress?, _ inherited: Int32, _ loop: borrowing EventLoop,
    _ failure: inout ListenFailure?
  ) throws(StartError) -> HTTPListener {
    // The socket of an earlier life: whoever is in its queue is answered by this one.
    if let socket = FileDescriptor(owning: inherited) {
      if wanted == .off { return try serve(nil, loop) }
      SystemCall.setCloseOnExec(socket.number)
      return try serve(socket, loop)
    }
    var port = defaultPort
    var address: IPAddress?
    switch wanted {
    case .off: return try serve(nil, loop)
    case .on(let asked, let number):
      address = asked
      port = number
    case nil: break
    }
    let socket: FileDescriptor
    do throws(ListenError) {
      socket = try ListeningSocket.open(address: address, port: port)
    } catch {
      // Another container of the pod may have the default port, on the host's network: no reason to
      // refuse to run the app.
      if wanted != nil { throw StartError.noPort(port, error.reason) }
      failure = ListenFailure(port: port, reason: error.reason)
      return try serve(nil, loop)
    }
    return try serve(socket, loop)
  }

  private static func serve(
    _ socket: consuming FileDescriptor?, _ loop: borrowing EventLoop
  ) throws(StartError) -> HTTPListener {
    do throws(Errno) {
      return try HTTPListener(socket, kind: EventSource.endpoint.rawValue, loop)
    } catch {
      throw StartError.refused(error)
    }
  }
}

/// A port that drainit goes on without.
struct ListenFailure {
  var port: UInt16
  var reason: Errno
}

extension ListenError {
  /// The system's reason.
  var reason: Errno {
    switch self {
    case .taken: Errno(EADDRINUSE)
    case .failed(let errno): errno
    }
  }
}

// Events of the loop and of the lifecycle.
extension Readiness {
  /// When `expire` is to be called next.
  var nextDeadline: Instant {
    min(gate.nextDeadline, min(runner.nextDeadline, endpoint.nextDeadline))
  }

  /// Follows the lifecycle: the checks begin with the app and end when nothing can be ready any more.
  mutating func follow(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    if !hasStarted && facts.appRuns {
      hasStarted = true
      return apply(gate.handle(.started, at: now), facts, loop, now)
    }
    let canBeReady = facts.mayBeReady || facts.phase.rawValue < Phase.draining.rawValue
    if hasStarted && !hasStopped && !canBeReady {
      hasStopped = true
      return apply(gate.handle(.stopped, at: now), facts, loop, now)
    }
    return ReadinessNews()
  }

  mutating func expire(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    endpoint.expire(loop, at: now)
    var news = ReadinessNews()
    while let report = runner.expire(loop, at: now) {
      news.add(finish(report, facts, loop, now))
    }
    if gate.nextDeadline <= now {
      news.add(apply(gate.handle(.deadline, at: now), facts, loop, now))
    }
    return news
  }

  mutating func takeEndpoint(
    _ event: ReadyEvent, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    endpoint.handleReady(event, loop, at: now)
    var news = ReadinessNews()
    while let slot = endpoint.takeRequest() {
      news.add(serve(slot, facts, loop, now))
    }
    return news
  }

  mutating func takeCheck(
    _ event: ReadyEvent, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    guard let report = runner.handleReady(event, loop, at: now) else { return ReadinessNews() }
    return finish(report, facts, loop, now)
  }

  /// Answers a request, or holds it until the checks that it needs have run.
  private mutating func serve(
    _ slot: Int, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    guard let route = endpoint.request(of: slot)?.route else { return ReadinessNews() }
    guard case .probe(let page) = route else { return ReadinessNews(wantsReport: true) }
    switch EndpointAnswer.needs(page, facts: facts, gateIsOpen: gate.isOpen) {
    case .none:
      answer(slot, facts, loop, now)
      return ReadinessNews()
    case .ready:
      endpoint.hold(slot, loop)
      return apply(gate.handle(.asked, at: now), facts, loop, now)
    }
  }

  private mutating func finish(
    _ report: CheckReport, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    let event = GateEvent.finished(check: report.check, report.outcome)
    return apply(gate.handle(event, at: now), facts, loop, now)
  }

  private mutating func apply(
    _ effects: GateEffects, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews(hasOpened: effects.hasOpened)
    if effects.answer { answerHeld(facts, loop, now) }
    var run = effects.run
    while let index = run.popFirst() {
      guard let outcome = begin(index, loop, now) else { continue }
      let report = CheckReport(check: index, outcome: outcome)
      news.add(finish(report, facts, loop, now))
    }
    return news
  }

  /// Begins a check; its outcome where it is known at once.
  private mutating func begin(
    _ index: Int, _ loop: borrowing EventLoop, _ now: Instant
  ) -> CheckOutcome? {
    switch runner.start(index, loop, at: now) {
    case .finished(let outcome): return outcome
    case .asksListeners: return listening()
    case .underWay, .needsAddresses: return nil
    }
  }

  private mutating func listening() -> CheckOutcome {
    // What cannot be seen counts as there.
    ports.listens() ?? true ? .holds : .fails(.notListening)
  }

  private mutating func answerHeld(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    var slot = -1
    while let next = endpoint.nextHeld(after: slot) {
      slot = next
      answer(slot, facts, loop, now)
    }
  }

  private mutating func answer(
    _ slot: Int, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    guard let request = endpoint.request(of: slot), case .probe(let page) = request.route else {
      return
    }
    body.removeAll()
    let answer = EndpointAnswer(facts: facts, now: now)
    let status = answer.render(
      page, query: request.query.of(endpoint.head(of: slot)), gate: gate, into: &body)
    endpoint.answer(slot, status: status, body: body, loop, at: now)
  }
}
