/// `/status`: everything that drainit knows, as one JSON object (RFC 8259).
///
/// Its names are part of drainit's interface: they are added to and not changed. Times are in seconds;
/// moments are RFC 3339 in UTC; what is not known or does not apply is null.
public struct StatusReport {
  private let facts: ReportFacts

  public init(_ facts: ReportFacts) { self.facts = facts }

  /// Appends the object up to the checks, which `render(checks:of:into:)` goes on with.
  public func begin(gate: borrowing ReadinessGate, into body: inout ByteBuffer) {
    body.append("{")
    body.field("version")
    body.string(Version.text)
    body.field("phase")
    body.string(facts.state.phase.name)
    body.field("ready")
    body.boolean(facts.isReady(gate))
    renderApp(&body)
    renderPlan(&body)
    renderWindow(&body)
    renderTimeline(&body)
    renderCounts(&body)
    body.field("gate")
    body.append("{")
    body.field("open")
    body.boolean(gate.isOpen)
    body.field("successes")
    body.append(decimal: UInt64(gate.memory.successes))
    body.field("successes_wanted")
    body.append(decimal: UInt64(gate.settings.successes))
    body.field("warmup_left_seconds")
    body.seconds(until: gate.memory.warmupEnd, from: facts.now)
    body.append("}")
    renderNotices(&body)
    body.field("checks")
    body.append("[")
  }

  private func renderNotices(_ body: inout ByteBuffer) {
    body.field("notify")
    if !facts.hasNotices { return body.append("null") }
    let notices = facts.notices
    body.append("{")
    body.field("ready")
    body.boolean(notices.isReady)
    body.field("stopping")
    body.boolean(notices.isStopping)
    body.field("reloading_seconds")
    let since = notices.reloadingSince
    body.seconds(since == .never ? nil : facts.now.since(since))
    body.field("watchdog")
    switch notices.watchdog {
    case .off: body.append("null")
    case .alive: body.string("alive")
    case .missed: body.string("missed")
    case .triggered: body.string("triggered")
    }
    body.field("status")
    let status = facts.status
    let text = status.span.before(status.span.index(of: 0) ?? status.count)
    if text.isEmpty { return body.append("null}") }
    body.append("\"")
    body.append(jsonEscaped: text)
    body.append("\"")
    body.append("}")
  }

  /// Appends the checks of one set.
  public func render(
    checks: borrowing CheckSchedule, of set: CheckSet, into body: inout ByteBuffer
  ) {
    for index in 0..<checks.count {
      body.separate()
      body.append("{")
      body.field("set")
      body.string(set.name)
      body.field("name")
      body.string(checks.names[index])
      let outcome = checks.outcome(of: index)
      body.field("result")
      switch outcome {
      case .neverRan: body.string("never-ran")
      case .holds: body.string("holds")
      case .fails: body.string("fails")
      }
      body.field("reason")
      if case .fails(let failure) = outcome {
        body.append("\"")
        failure.append(to: &body, of: checks.names[index])
        body.append("\"")
      } else {
        body.append("null")
      }
      body.field("duration_seconds")
      if outcome == .neverRan {
        body.append("null")
      } else {
        body.append(preciseSeconds: checks.duration(of: index))
      }
      body.append("}")
    }
  }

  /// Ends the object.
  public func end(into body: inout ByteBuffer) { body.append("]}\n") }

  private func renderApp(_ body: inout ByteBuffer) {
    let state = facts.state
    let hasEnded = state.endedAt != .never
    body.field("app")
    body.append("{")
    body.field("program")
    body.string(facts.program)
    body.field("pid")
    body.number(state.appPID > 0 ? UInt64(state.appPID) : nil)
    body.field("running")
    body.boolean(facts.endpoint.appRuns)
    body.field("stopped")
    body.boolean(state.isAppStopped)
    body.field("exit_code")
    body.number(hasEnded ? UInt64(state.ending.code) : nil)
    body.append("}")
  }

  private func renderPlan(_ body: inout ByteBuffer) {
    body.field("plan")
    body.append("{")
    body.field("window_min_seconds")
    body.append(
      seconds: facts.plan.endsEarly ? facts.plan.window.minimum : facts.plan.window.maximum)
    body.field("window_max_seconds")
    body.append(seconds: facts.plan.window.maximum)
    body.field("window_source")
    body.string(facts.plan.windowSource.word)
    body.field("grace_seconds")
    body.seconds(facts.plan.grace)
    body.field("grace_assumed_seconds")
    body.seconds(facts.plan.grace == nil ? facts.plan.windowSource.assumedGrace : nil)
    body.field("stop_timeout_seconds")
    body.seconds(facts.plan.stopTimeout)
    body.field("unready_after_seconds")
    body.seconds(facts.plan.unreadyAfter < .longest ? facts.plan.unreadyAfter : nil)
    body.append("}")
  }

  private func renderWindow(_ body: inout ByteBuffer) {
    let state = facts.state
    body.field("window")
    guard let window = facts.window else { return body.append("null") }
    let isOpen = state.phase == .draining
    body.append("{")
    body.field("signal")
    body.append("\"")
    body.append(state.drainSignal)
    body.append("\"")
    body.field("seconds")
    body.append(seconds: window)
    body.field("ended_by")
    if isOpen || state.windowEnd == .none {
      body.append("null")
    } else {
      body.string(state.windowEnd.name)
    }
    body.field("min_in_seconds")
    body.seconds(until: isOpen ? state.windowMinimum : .never, from: facts.now)
    body.field("max_in_seconds")
    body.seconds(until: isOpen ? state.windowMaximum : .never, from: facts.now)
    body.field("unready_in_seconds")
    body.seconds(until: state.isUnready ? .never : state.unreadyAt, from: facts.now)
    body.field("kubelet_unready_in_seconds")
    body.seconds(
      until: state.isKubeletUnready ? .never : state.kubeletUnreadyAt, from: facts.now)
    body.field("kill_in_seconds")
    body.seconds(until: state.phase == .stopping ? state.killAt : .never, from: facts.now)
    body.field("ports")
    body.append("\"")
    body.append(facts.ports)
    body.append("\"")
    body.field("ports_found_by")
    body.string(facts.portsOwner.name)
    body.field("unseen_sockets")
    body.boolean(state.hasUnseen)
    body.field("unnamed_udp_port")
    body.number(facts.clientPort == 0 ? nil : UInt64(facts.clientPort))
    body.field("arrivals")
    renderArrivals(&body)
    body.append("}")
  }

  private func renderArrivals(_ body: inout ByteBuffer) {
    if !facts.hasEvidence { return body.append("null") }
    let evidence = facts.evidence
    body.append("{")
    body.field("connections")
    body.number(UInt64(evidence.newConnections))
    body.field("requests")
    body.number(UInt64(evidence.requests))
    body.field("moments")
    body.number(UInt64(evidence.moments))
    body.field("last_seconds")
    body.seconds(evidence.last)
    body.field("open_connections")
    body.number(UInt64(evidence.openConnections))
    body.field("waiting_connections")
    body.number(UInt64(evidence.waiting))
    body.field("requests_in_flight")
    body.number(UInt64(evidence.inFlight))
    body.append("}")
  }

  private func renderTimeline(_ body: inout ByteBuffer) {
    let state = facts.state
    body.field("timeline")
    body.append("{")
    moment("started", state.startedAt, &body)
    moment("ready", state.openedAt, &body)
    moment("drain", state.drainedAt, &body)
    moment("stop", state.stoppedAt, &body)
    moment("ended", state.endedAt, &body)
    body.append("}")
  }

  private func moment(_ name: StaticString, _ moment: Instant, _ body: inout ByteBuffer) {
    body.field(name)
    guard moment != .never else { return body.append("null") }
    body.append("\"")
    body.append(timestamp: facts.calendar(moment))
    body.append("\"")
  }

  private func renderCounts(_ body: inout ByteBuffer) {
    body.field("counts")
    body.append("{")
    body.field("signals_forwarded")
    body.append(decimal: facts.counts.signalsForwarded)
    body.field("processes_reaped")
    body.append(decimal: facts.counts.processesReaped)
    body.field("log_lines_dropped")
    body.append(decimal: facts.counts.logLinesDropped)
    body.field("come_backs")
    body.append(decimal: facts.counts.comeBacks)
    body.field("http_connections")
    body.append(decimal: facts.endpointCounts.accepted)
    body.field("http_connections_refused")
    body.append(decimal: facts.endpointCounts.evicted)
    body.field("http_requests")
    body.append(decimal: facts.endpointCounts.requests)
    body.field("http_requests_refused")
    body.append(decimal: facts.endpointCounts.refused)
    body.append("}")
  }
}

extension WindowSource {
  /// The word for it in `/status`.
  var word: StaticString {
    switch self {
    case .given: "option"
    case .plain: "plain"
    case .knative: "knative"
    case .kubernetes: "kubernetes"
    case .ecs: "ecs"
    case .elsewhere: "elsewhere"
    }
  }
}
