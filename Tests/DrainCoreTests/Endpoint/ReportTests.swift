import Testing

@testable import DrainCore

@Suite struct ReportTests {
  private let plan = DrainPlan(
    window: DrainRange(minimum: .seconds(5), maximum: .seconds(12)), source: .kubernetes)

  /// A life with a drain: started at 10 s, ready at 11 s, the signal at 20 s.
  private func life(until now: Int64) -> Lifecycle {
    var lifecycle = Lifecycle(plan: plan)
    _ = lifecycle.begin(now: at(10_000))
    _ = lifecycle.handle(.appStarted(pid: 7), now: at(10_000))
    _ = lifecycle.handle(.gateOpened, now: at(11_000))
    if now >= 20_000 {
      let signal = ReceivedSignal(signal: .term)
      _ = lifecycle.handle(.signal(signal, program: .other), now: at(20_000))
      _ = lifecycle.handle(.listeners(.tcp), now: at(20_000))
    }
    if now >= 32_000 { _ = lifecycle.handle(.deadline, now: at(32_000)) }
    return lifecycle
  }

  private func facts(_ now: Int64) -> ReportFacts {
    let lifecycle = life(until: now)
    let endpoint = EndpointFacts(
      phase: lifecycle.phase, mayBeReady: lifecycle.mayBeReady, appRuns: lifecycle.hasApp)
    let facts = ReportFacts(plan)
    facts.endpoint = endpoint
    facts.state = lifecycle.state
    facts.now = at(now)
    facts.sinceEpoch = .seconds(1_000_000) + .milliseconds(now)
    facts.counts.signalsForwarded = 3
    facts.counts.comeBacks = 1
    facts.endpointCounts.refused = 4
    if now >= 20_000 {
      facts.hasEvidence = true
      facts.evidence = TrafficEvidence(
        newConnections: 3, requests: 2, missed: 0, moments: 4, last: .milliseconds(1250),
        openConnections: 5, holder: nil)
    }
    return facts
  }

  private func gate(_ names: String...) -> ReadinessGate {
    let bench = GateBench(names.map { Check(text: Array($0.utf8), kind: .none) })
    _ = bench.run(.started, 10_000)
    for index in names.indices { _ = bench.finish(index, holds: index == 0, 10_012) }
    return bench.gate
  }

  private func status(_ facts: ReportFacts, _ gate: ReadinessGate, program: String = "web")
    -> String
  {
    var body = ByteBuffer(capacity: EndpointLimits.bodyBytes)
    facts.program = Array(program.utf8)
    let report = StatusReport(facts)
    report.begin(gate: gate, into: &body)
    report.render(checks: gate.checks, of: .ready, into: &body)
    report.render(checks: gate.checks, of: .live, into: &body)
    report.end(into: &body)
    return text(body)
  }

  private func metrics(_ facts: ReportFacts, _ gate: ReadinessGate) -> String {
    var body = ByteBuffer(capacity: EndpointLimits.bodyBytes)
    let report = MetricsReport(facts)
    report.render(gate: gate, into: &body)
    report.begin(.holds, into: &body)
    report.render(.holds, gate.checks, of: .ready, into: &body)
    report.begin(.duration, into: &body)
    report.render(.duration, gate.checks, of: .ready, into: &body)
    return text(body)
  }

  @Test func theStatusIsOneObject() {
    #expect(
      status(facts(21_500), gate("tcp:1", "tcp:2")) == """
        {"version":"\(Version.text)","phase":"draining","ready":false,\
        "app":{"program":"web","pid":7,"running":true,"stopped":false,"exit_code":null},\
        "plan":{"window_min_seconds":12.000,"window_max_seconds":12.000,\
        "window_source":"kubernetes","grace_seconds":null,"grace_assumed_seconds":30.000,\
        "stop_timeout_seconds":null,\
        "unready_after_seconds":0.000},\
        "window":{"signal":"SIGTERM","seconds":1.500,"ended_by":null,"min_in_seconds":3.500,\
        "max_in_seconds":10.500,"unready_in_seconds":null,\
        "kubelet_unready_in_seconds":null,"kill_in_seconds":null,\
        "ports":"","ports_found_by":"--port","unseen_sockets":false,"unnamed_udp_port":null,\
        "arrivals":{"connections":3,"requests":2,"moments":4,"last_seconds":1.250,\
        "open_connections":5,"waiting_connections":0,"requests_in_flight":0}},\
        "timeline":{"started":"1970-01-12T13:46:50.000Z","ready":"1970-01-12T13:46:51.000Z",\
        "drain":"1970-01-12T13:47:00.000Z","stop":null,"ended":null},\
        "counts":{"signals_forwarded":3,"processes_reaped":0,"log_lines_dropped":0,"come_backs":1,\
        "http_connections":0,"http_connections_refused":0,"http_requests":0,\
        "http_requests_refused":4},\
        "gate":{"open":false,"successes":0,"successes_wanted":1,"warmup_left_seconds":null},\
        "notify":null,"checks":[{"set":"ready","name":"tcp:1","result":"holds","reason":null,\
        "duration_seconds":0.012000},{"set":"ready","name":"tcp:2","result":"fails",\
        "reason":"connection refused","duration_seconds":0.012000},\
        {"set":"live","name":"tcp:1","result":"holds","reason":null,\
        "duration_seconds":0.012000},{"set":"live","name":"tcp:2","result":"fails",\
        "reason":"connection refused","duration_seconds":0.012000}]}

        """)
  }

  @Test func whatEndedTheWindowIsToldWhenItHasEnded() {
    #expect(status(facts(21_500), gate("a")).contains("\"ended_by\":null"))
    #expect(status(facts(33_000), gate("a")).contains("\"seconds\":12.000,\"ended_by\":\"max\""))
    #expect(!metrics(facts(21_500), gate("a")).contains("drainit_window_end"))
    let over = metrics(facts(33_000), gate("a"))
    #expect(over.contains("drainit_window_end{reason=\"max\"} 1\n"))
    #expect(over.contains("drainit_window_seconds 12.000\n"))
    #expect(over.contains("drainit_window_arrivals_total{kind=\"connection\"} 3\n"))
    #expect(over.contains("drainit_window_last_arrival_seconds 1.250\n"))
    #expect(!metrics(facts(12_000), gate("a")).contains("arrival"))
    #expect(over.contains("drainit_start_time_seconds 1000010.000\n"))
    #expect(metrics(facts(12_000), gate("a")).contains("drainit_ready 1\n"))
    #expect(!metrics(facts(12_000), gate("a")).contains("drainit_window_seconds"))
    #expect(metrics(facts(21_500), gate("a")).contains("drainit_ready 0\n"))
    #expect(metrics(facts(12_000), gate("a", "b")).contains("drainit_ready 0\n"))
  }

  @Test func namesAreEscaped() {
    let nasty = gate("file:\"\\\u{7f}é")
    let told = metrics(facts(12_000), nasty)
    #expect(told.contains("check=\"file:\\\"\\\\?é\"} 1\n"))
    let object = status(facts(12_000), nasty, program: "a\"\u{1}")
    #expect(object.contains("\"program\":\"a\\\"\\ufffd\""))
    #expect(object.contains("\"name\":\"file:\\\"\\\\?é\""))
  }

  @Test func theLinesOfAMetricStandTogether() {
    var seen: Set<Substring> = []
    var last: Substring = ""
    for line in metrics(facts(33_000), gate("a", "b")).split(separator: "\n") {
      let words = line.split(separator: " ")
      let name = line.hasPrefix("#") ? words[2] : line.prefix { $0 != "{" && $0 != " " }
      if name == last { continue }
      #expect(!seen.contains(name), "\(name)")
      seen.insert(name)
      last = name
    }
    #expect(seen.count == 24)
  }

  @Test func sixteenChecksOfOrdinaryNamesFit() {
    let names = (0..<16).map { "http://127.0.0.1:\(8000 + $0)/health/ready/of/a/long/name" }
    let bench = GateBench(names.map { Check(text: Array($0.utf8), kind: .none) })
    #expect(metrics(facts(33_000), bench.gate).utf8.count < 8000)
    #expect(status(facts(33_000), bench.gate).utf8.count < 8000)
  }
}
