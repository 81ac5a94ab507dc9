/// `/metrics`: Prometheus' text exposition format, version 0.0.4.
///
/// Names follow its conventions: a unit at the end, `_total` for what only grows. Everything is known
/// already when somebody asks: a scrape runs no check and causes no look.
public struct MetricsReport {
  private let facts: ReportFacts

  public init(_ facts: ReportFacts) { self.facts = facts }

  /// Appends what is known of drainit and the app.
  public func render(gate: borrowing ReadinessGate, into body: inout ByteBuffer) {
    body.metric("drainit_build_info", .gauge, "The version of drainit.")
    body.append("drainit_build_info{version=\"")
    body.append(Version.text)
    body.append("\"} 1\n")
    if facts.state.startedAt != .never {
      body.metric(
        "drainit_start_time_seconds", .gauge, "When drainit started the app, since 1970.")
      body.sample("drainit_start_time_seconds", facts.calendar(facts.state.startedAt))
    }
    body.metric("drainit_phase", .gauge, "1 for the phase that drainit is in.")
    for number in 0..<Phase.count {
      guard let phase = Phase(rawValue: number) else { continue }
      body.append("drainit_phase{phase=\"")
      body.append(phase.name)
      body.append("\"} ")
      body.append(phase == facts.state.phase ? "1\n" : "0\n")
    }
    let isReady = facts.isReady(gate)
    body.metric("drainit_ready", .gauge, "Whether /readyz would answer 200, by the last results.")
    body.sample("drainit_ready", isReady ? 1 : 0)
    body.metric("drainit_gate_open", .gauge, "Whether the readiness gate has opened.")
    body.sample("drainit_gate_open", gate.isOpen ? 1 : 0)
    body.metric("drainit_app_running", .gauge, "Whether the app's process is alive.")
    body.sample("drainit_app_running", facts.endpoint.appRuns ? 1 : 0)
    renderWindow(&body)
    renderCounts(&body)
  }

  /// What is told of a check. A metric's lines have to stand together, so `begin` is called once for
  /// each of these, and then `render` for every set.
  public enum OfCheck: UInt8, BitwiseCopyable, Sendable {
    case holds
    case duration
  }

  /// Appends the lines before a metric of the checks.
  public func begin(_ metric: OfCheck, into body: inout ByteBuffer) {
    switch metric {
    case .holds:
      body.metric("drainit_check_holds", .gauge, "Whether a check held when it last ran.")
    case .duration:
      body.metric("drainit_check_duration_seconds", .gauge, "How long a check took last.")
    }
  }

  /// Appends a metric of one set's checks.
  public func render(
    _ metric: OfCheck, _ checks: borrowing CheckSchedule, of set: CheckSet,
    into body: inout ByteBuffer
  ) {
    for index in 0..<checks.count {
      switch metric {
      case .holds:
        body.append("drainit_check_holds")
        body.appendLabels(set, checks.names[index])
        body.append(checks.outcome(of: index).doesHold ? "1" : "0")
      case .duration:
        body.append("drainit_check_duration_seconds")
        body.appendLabels(set, checks.names[index])
        body.append(preciseSeconds: checks.duration(of: index))
      }
      body.append("\n")
    }
  }

  private func renderWindow(_ body: inout ByteBuffer) {
    body.metric("drainit_window_minimum_seconds", .gauge, "The drain window's planned minimum.")
    body.sample(
      "drainit_window_minimum_seconds",
      facts.plan.endsEarly ? facts.plan.window.minimum : facts.plan.window.maximum)
    body.metric("drainit_window_maximum_seconds", .gauge, "The drain window's planned maximum.")
    body.sample("drainit_window_maximum_seconds", facts.plan.window.maximum)
    guard let window = facts.window else { return }
    body.metric("drainit_window_seconds", .gauge, "How long the drain window has lasted.")
    body.sample("drainit_window_seconds", window)
    renderArrivals(&body)
    guard facts.state.windowEnd != .none && facts.state.phase != .draining else { return }
    body.metric("drainit_window_end", .gauge, "What ended the drain window.")
    body.append("drainit_window_end{reason=\"")
    body.append(facts.state.windowEnd.name)
    body.append("\"} 1\n")
  }

  private func renderArrivals(_ body: inout ByteBuffer) {
    if !facts.hasEvidence { return }
    let evidence = facts.evidence
    let arrivals: StaticString = "drainit_window_arrivals_total"
    body.metric(arrivals, .counter, "New connections, and requests on open ones, since the drain.")
    body.append(arrivals)
    body.sample("{kind=\"connection\"}", UInt64(evidence.newConnections))
    body.append(arrivals)
    body.sample("{kind=\"request\"}", UInt64(evidence.requests))
    guard let last = evidence.last else { return }
    body.metric("drainit_window_last_arrival_seconds", .gauge, "The last arrival, since the drain.")
    body.sample("drainit_window_last_arrival_seconds", last)
  }

  private func renderCounts(_ body: inout ByteBuffer) {
    let counts = facts.counts
    let endpoint = facts.endpointCounts
    body.counter(
      "drainit_signals_forwarded_total", "Signals passed on to the app.", counts.signalsForwarded)
    body.counter(
      "drainit_processes_reaped_total", "Processes that ended and were reaped.",
      counts.processesReaped)
    body.counter(
      "drainit_log_lines_dropped_total", "Log lines that the log could not take.",
      counts.logLinesDropped)
    body.counter(
      "drainit_come_backs_total", "Times drainit came back from a fault of its own.",
      counts.comeBacks)
    body.counter(
      "drainit_http_connections_total", "Connections that the endpoint accepted.",
      endpoint.accepted)
    body.counter(
      "drainit_http_connections_refused_total", "Connections cut to make room for others.",
      endpoint.evicted)
    body.counter(
      "drainit_http_requests_total", "Requests for one of the endpoint's pages.",
      endpoint.requests)
    body.counter(
      "drainit_http_requests_refused_total", "Requests refused with an error status.",
      endpoint.refused)
    body.counter(
      "drainit_http_pauses_total", "Times the endpoint could accept no connection.",
      endpoint.pauses)
    body.counter(
      "drainit_mistakes_total", "System calls that failed by a mistake of drainit's own.",
      endpoint.mistakes)
  }
}

/// The kinds of metrics.
enum MetricKind: UInt8 {
  case gauge
  case counter
}

extension ByteBuffer {
  /// Appends the two lines before a metric's samples.
  @inline(never) mutating func metric(
    _ name: StaticString, _ kind: MetricKind, _ help: StaticString
  ) {
    append("# HELP ")
    append(name)
    append(" ")
    append(help)
    append("\n# TYPE ")
    append(name)
    append(kind == .gauge ? " gauge\n" : " counter\n")
  }

  /// Appends a sample without labels.
  @inline(never) mutating func sample(_ name: StaticString, _ value: UInt64) {
    append(name)
    append(" ")
    append(decimal: value)
    append("\n")
  }

  /// Appends a sample in seconds.
  @inline(never) mutating func sample(_ name: StaticString, _ value: Interval) {
    append(name)
    append(" ")
    append(seconds: value)
    append("\n")
  }

  /// Appends a counter and its one sample.
  mutating func counter(_ name: StaticString, _ help: StaticString, _ value: UInt64) {
    metric(name, .counter, help)
    sample(name, value)
  }

  /// Appends a check's labels and the blank before the value.
  @inline(never) mutating func appendLabels(_ set: CheckSet, _ check: [UInt8]) {
    append("{set=\"")
    append(set.name)
    append("\",check=\"")
    for byte in check {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      append(byte)
    }
    append("\"} ")
  }
}
