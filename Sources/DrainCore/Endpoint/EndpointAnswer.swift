/// What the endpoint has to know of the lifecycle.
public struct EndpointFacts: Equatable, BitwiseCopyable, Sendable {
  public var phase: Phase
  /// Whether `/readyz` may answer 200: serving, or draining and `--unready-after` is not over.
  public var mayBeReady: Bool
  /// Whether it may answer the kubelet 200.
  public var mayBeReadyForKubelet = false
  /// Whether the app's process is alive, and its program was executed.
  public var appRuns: Bool
  /// Whether the process is there and its program is still to be executed.
  public var awaitsExec = false
  /// Whether the app has said itself that it stops.
  public var isStopping = false
  /// Whether the app still says that it is alive.
  public var watchdog = AppNotices.Watchdog.off

  public init(phase: Phase, mayBeReady: Bool, appRuns: Bool) {
    self.phase = phase
    self.mayBeReady = mayBeReady
    self.appRuns = appRuns
  }

  /// The facts for one who asks: the kubelet is told later than everybody else, but of a hung app at once.
  public func told(toKubelet isKubelet: Bool) -> EndpointFacts {
    var facts = self
    if isKubelet { facts.mayBeReady = mayBeReadyForKubelet && !(phase == .draining && isHung) }
    return facts
  }

  /// Whether the app's own watchdog says that it hangs.
  public var isHung: Bool { watchdog == .missed || watchdog == .triggered }

  /// Whether `--live` matters: from the drain signal on a kubelet's restart would only be in the way.
  var asksLive: Bool { appRuns && (phase == .starting || phase == .serving) }
}

/// Which checks have to be asked before a page can be answered.
public enum NeededChecks: UInt8, BitwiseCopyable, Sendable {
  /// None: what is known is enough.
  case none
  /// The gate's.
  case ready
  /// Those of `--live`.
  case live
}

/// The pages of the endpoint as a function of what is known.
public struct EndpointAnswer: BitwiseCopyable, Sendable {
  public var facts: EndpointFacts
  public var now: Instant

  public init(facts: EndpointFacts, now: Instant) {
    self.facts = facts
    self.now = now
  }

  /// The checks that have to be asked first.
  public static func needs(
    _ page: ProbePage, facts: EndpointFacts, gateIsOpen: Bool, hasLive: Bool
  ) -> NeededChecks {
    switch page {
    case .readyz: facts.mayBeReady && gateIsOpen ? .ready : .none
    case .livez, .healthz: hasLive && facts.asksLive ? .live : .none
    case .startupz: .none
    }
  }

  /// Whether the query leaves every one of the checks out: then none has to be asked.
  public static func excludesAll(_ checks: borrowing CheckSchedule, _ query: Span<UInt8>) -> Bool {
    for index in 0..<checks.count
    where !HTTPQuery.excludes(checks.names[index], in: query) {
      return false
    }
    return checks.count > 0
  }

  /// Appends the page's body, at most `EndpointLimits.bodyBytes`, and returns its status.
  ///
  /// - Parameters:
  ///   - query: what followed the question mark.
  ///   - live: the checks of `--live`.
  public func render(
    _ page: ProbePage, query: Span<UInt8>, gate: borrowing ReadinessGate,
    live: borrowing ReadinessGate, into body: inout ByteBuffer
  ) -> UInt16 {
    let isVerbose = HTTPQuery.has("verbose", in: query)
    let passes: Bool
    switch page {
    case .readyz:
      if isVerbose { appendChecks(gate.checks, query, &body) }
      passes = renderReady(gate, query, isVerbose: isVerbose, &body)
    case .startupz:
      if isVerbose { appendChecks(gate.checks, query, &body) }
      passes = renderStarted(gate, isVerbose: isVerbose, &body)
    case .livez, .healthz:
      if isVerbose { appendLive(live.checks, query, &body) }
      passes = renderLive(page, live.checks, query, isVerbose: isVerbose, &body)
    }
    return passes ? 200 : 503
  }

  /// The app runs, or is still to be started.
  var isAlive: Bool {
    switch facts.phase {
    case .waiting: true
    case .starting, .serving, .draining, .stopping, .killing: facts.appRuns || facts.awaitsExec
    case .leaving, .exited: false
    }
  }

  func renderReady(
    _ gate: borrowing ReadinessGate, _ query: Span<UInt8>, isVerbose: Bool,
    _ body: inout ByteBuffer
  ) -> Bool {
    let failing = countFailing(gate.checks, query)
    let passes = facts.mayBeReady && facts.appRuns && gate.isOpen && failing == 0
    conclude("readyz", passes, isVerbose: isVerbose, &body)
    if passes { return true }
    switch facts.phase {
    case .waiting: body.append("starting: waiting for --start-after\n")
    case .draining where !facts.mayBeReady: body.append("draining\n")
    case .starting, .serving, .draining:
      if facts.isStopping {
        body.append("not ready: the app says that it stops\n")
      } else if !gate.isOpen {
        appendStarting(gate, &body)
      } else if failing > 0 {
        body.append("not ready: ")
        appendFailing(gate.checks, query, &body)
      } else {
        // The app has ended and the lifecycle is about to hear of it.
        body.append("not ready: the app has ended\n")
      }
    case .stopping, .killing: body.append("stopping\n")
    case .leaving, .exited: body.append("the app has ended\n")
    }
    return false
  }

  private func renderLive(
    _ page: ProbePage, _ checks: borrowing CheckSchedule, _ query: Span<UInt8>,
    isVerbose: Bool, _ body: inout ByteBuffer
  ) -> Bool {
    let failing = facts.asksLive ? countFailing(checks, query) : 0
    let isHung = facts.asksLive && facts.isHung
    let passes = isAlive && failing == 0 && !isHung
    conclude(page == .livez ? "livez" : "healthz", passes, isVerbose: isVerbose, &body)
    if passes { return true }
    if isAlive {
      body.append("not alive: ")
      if isHung { body.append(failing > 0 ? "watchdog, " : "watchdog") }
      appendFailing(checks, query, &body)
    } else {
      body.append("the app has ended\n")
    }
    return false
  }

  private func renderStarted(
    _ gate: borrowing ReadinessGate, isVerbose: Bool, _ body: inout ByteBuffer
  ) -> Bool {
    conclude("startupz", gate.isOpen, isVerbose: isVerbose, &body)
    if gate.isOpen { return true }
    if facts.phase == .waiting {
      body.append("starting: waiting for --start-after\n")
    } else {
      appendStarting(gate, &body)
    }
    return false
  }

  /// The last line, or its beginning where the reason follows.
  @inline(never) private func conclude(
    _ page: StaticString, _ passes: Bool, isVerbose: Bool, _ body: inout ByteBuffer
  ) {
    guard isVerbose else { return passes ? body.append("ok\n") : () }
    body.append(page)
    body.append(passes ? " check passed\n" : " check failed: ")
  }

  @inline(never) private func appendStarting(
    _ gate: borrowing ReadinessGate, _ body: inout ByteBuffer
  ) {
    body.append("starting: ")
    if facts.awaitsExec {
      body.append("its program is not executed yet\n")
    } else if gate.memory.warmupEnd < .never {
      body.append("warming up for another ")
      body.append(gate.memory.warmupEnd.since(now))
      body.append("\n")
    } else if countFailing(gate.checks, Span()) > 0 {
      body.append("waiting for ")
      appendFailing(gate.checks, Span(), &body)
    } else {
      body.append("the checks held ")
      body.append(decimal: UInt64(gate.memory.successes))
      body.append(" of ")
      body.append(decimal: UInt64(gate.settings.successes))
      body.append(" times\n")
    }
  }
}

extension EndpointAnswer {
  /// How many checks do not hold, but for those that the query leaves out.
  @inline(never) private func countFailing(_ checks: borrowing CheckSchedule, _ query: Span<UInt8>)
    -> Int
  {
    var failing = 0
    for index in 0..<checks.count
    where !checks.outcome(of: index).doesHold
      && !HTTPQuery.excludes(checks.names[index], in: query)
    {
      failing &+= 1
    }
    return failing
  }

  /// Names the checks that do not hold, each with its reason, and ends the line.
  @inline(never) private func appendFailing(
    _ checks: borrowing CheckSchedule, _ query: Span<UInt8>, _ body: inout ByteBuffer
  ) {
    var isFirst = true
    for index in 0..<checks.count {
      let outcome = checks.outcome(of: index)
      if outcome.doesHold || HTTPQuery.excludes(checks.names[index], in: query) { continue }
      if !isFirst { body.append(", ") }
      isFirst = false
      append(failing: index, of: checks, &body)
    }
    body.append("\n")
  }

  /// Names a check, with the reason where it fails.
  func append(
    failing index: Int, of checks: borrowing CheckSchedule, _ body: inout ByteBuffer
  ) {
    body.append(checks.names[index])
    guard case .fails(let failure) = checks.outcome(of: index) else { return }
    body.append(" (")
    failure.append(to: &body, of: checks.names[index])
    body.append(")")
  }

  /// Lists every check as kube-apiserver's `?verbose` does, but with the reason.
  @inline(never) private func appendChecks(
    _ checks: borrowing CheckSchedule, _ query: Span<UInt8>, _ body: inout ByteBuffer
  ) {
    for index in 0..<checks.count {
      let outcome = checks.outcome(of: index)
      let isExcluded = HTTPQuery.excludes(checks.names[index], in: query)
      body.append(outcome.doesHold || isExcluded ? "[+]" : "[-]")
      body.append(checks.names[index])
      if isExcluded {
        body.append(" excluded: ok\n")
        continue
      }
      switch outcome {
      case .holds: body.append(" ok\n")
      case .neverRan: body.append(" failed: it has not been run\n")
      case .fails(let failure):
        body.append(" failed: ")
        failure.append(to: &body, of: checks.names[index])
        body.append("\n")
      }
    }
    appendUnmatched(query, checks.names, &body)
  }

  private func appendLive(
    _ checks: borrowing CheckSchedule, _ query: Span<UInt8>, _ body: inout ByteBuffer
  ) {
    body.append(isAlive ? "[+]app ok\n" : "[-]app failed: it has ended\n")
    if facts.asksLive {
      if facts.watchdog != .off {
        body.append(facts.isHung ? "[-]watchdog failed\n" : "[+]watchdog ok\n")
      }
      appendChecks(checks, query, &body)
    } else {
      appendUnmatched(query, [], &body)
    }
  }

  /// kube-apiserver's warning, but for the names: what a request's query says is not repeated.
  @inline(never) private func appendUnmatched(
    _ query: Span<UInt8>, _ names: [[UInt8]], _ body: inout ByteBuffer
  ) {
    let unmatched = HTTPQuery.countUnmatchedExcludes(in: query, checks: names)
    if unmatched == 0 { return }
    body.append("warn: some health checks cannot be excluded: no matches for ")
    body.append(decimal: UInt64(unmatched))
    body.append(" of them\n")
  }
}
