import Testing

@testable import DrainCore

@Suite struct EndpointAnswerTests {
  /// What the endpoint answers.
  struct Answer: Equatable {
    var status: UInt16
    var body: String
    init(_ status: UInt16, _ body: String) {
      self.status = status
      self.body = body
    }
  }

  static let serving = EndpointFacts(phase: .serving, mayBeReady: true, appRuns: true)
  static let starting = EndpointFacts(phase: .starting, mayBeReady: false, appRuns: true)

  static let table: [(String, EndpointFacts, Bool, Answer)] = [
    ("/readyz", serving, true, Answer(200, "ok\n")),
    ("/readyz", serving, false, Answer(503, "not ready: tcp:2 (connection refused)\n")),
    ("/readyz?exclude=tcp:2", serving, false, Answer(200, "ok\n")),
    ("/readyz?exclude=tcp%3A2", serving, false, Answer(200, "ok\n")),
    (
      "/readyz?exclude=tcp:1", serving, false,
      Answer(503, "not ready: tcp:2 (connection refused)\n")
    ),
    (
      "/readyz?verbose", serving, true,
      Answer(200, "[+]tcp:1 ok\n[+]tcp:2 ok\nreadyz check passed\n")
    ),
    (
      "/readyz?verbose=0&x", serving, false,
      Answer(
        503,
        """
        [+]tcp:1 ok
        [-]tcp:2 failed: connection refused
        readyz check failed: not ready: tcp:2 (connection refused)

        """)
    ),
    (
      "/readyz?verbose&exclude=tcp:2&exclude=no&exclude", serving, false,
      Answer(
        200,
        """
        [+]tcp:1 ok
        [+]tcp:2 excluded: ok
        warn: some health checks cannot be excluded: no matches for 2 of them
        readyz check passed

        """)
    ),
    (
      "/readyz", EndpointFacts(phase: .draining, mayBeReady: false, appRuns: true), true,
      Answer(503, "draining\n")
    ),
    (
      "/readyz?exclude=draining&exclude=tcp:1&exclude=tcp:2",
      EndpointFacts(phase: .draining, mayBeReady: false, appRuns: true), true,
      Answer(503, "draining\n")
    ),
    (
      "/readyz", EndpointFacts(phase: .draining, mayBeReady: true, appRuns: true), true,
      Answer(200, "ok\n")
    ),
    (
      "/readyz", EndpointFacts(phase: .draining, mayBeReady: true, appRuns: true), false,
      Answer(503, "not ready: tcp:2 (connection refused)\n")
    ),
    (
      "/readyz", EndpointFacts(phase: .serving, mayBeReady: true, appRuns: false), true,
      Answer(503, "not ready: the app has ended\n")
    ),
    (
      "/readyz", EndpointFacts(phase: .stopping, mayBeReady: false, appRuns: true), true,
      Answer(503, "stopping\n")
    ),
    (
      "/readyz", EndpointFacts(phase: .leaving, mayBeReady: false, appRuns: false), true,
      Answer(503, "the app has ended\n")
    ),
    ("/startupz", serving, false, Answer(200, "ok\n")),
    (
      "/startupz", EndpointFacts(phase: .stopping, mayBeReady: false, appRuns: true), false,
      Answer(200, "ok\n")
    ),
    ("/livez", serving, false, Answer(200, "ok\n")),
    ("/livez?verbose", serving, false, Answer(200, "[+]app ok\nlivez check passed\n")),
    (
      "/livez", EndpointFacts(phase: .waiting, mayBeReady: false, appRuns: false), false,
      Answer(200, "ok\n")
    ),
    (
      "/livez", EndpointFacts(phase: .killing, mayBeReady: false, appRuns: true), false,
      Answer(200, "ok\n")
    ),
    (
      "/livez", EndpointFacts(phase: .leaving, mayBeReady: false, appRuns: false), false,
      Answer(503, "the app has ended\n")
    ),
    (
      "/healthz?verbose&exclude=app",
      EndpointFacts(phase: .leaving, mayBeReady: false, appRuns: false),
      false,
      Answer(
        503,
        """
        [-]app failed: it has ended
        warn: some health checks cannot be excluded: no matches for 1 of them
        healthz check failed: the app has ended

        """)
    ),
  ]

  @Test(arguments: table)
  func aPageSaysWhatIsKnown(target: String, facts: EndpointFacts, holds: Bool, expected: Answer) {
    let bench = GateBench(checks("tcp:1", "tcp:2"))
    _ = bench.run(.started, 0)
    _ = bench.finish(0, holds: true, 1)
    #expect(bench.finish(1, holds: true, 1))
    if !holds {
      _ = bench.run(.asked, 1000)
      _ = bench.finish(0, holds: true, 1001)
      _ = bench.finish(1, holds: false, 1001)
    }
    #expect(answer(target, facts, bench.gate) == expected)
  }

  @Test func beforeTheGateOpensThePageSaysWhatIsAwaited() {
    let bench = GateBench(checks("tcp:1", "tcp:2"), successes: 2, warmup: 4000)
    let waiting = EndpointFacts(phase: .waiting, mayBeReady: false, appRuns: false)
    #expect(
      answer("/readyz", waiting, bench.gate)
        == Answer(503, "starting: waiting for --start-after\n"))
    _ = bench.run(.started, 0)
    #expect(
      answer("/readyz", Self.starting, bench.gate)
        == Answer(503, "starting: waiting for tcp:1, tcp:2\n"))
    _ = bench.finish(0, holds: true, 1)
    _ = bench.finish(1, holds: false, 1)
    let expected = Answer(503, "starting: waiting for tcp:2 (connection refused)\n")
    #expect(answer("/readyz", Self.starting, bench.gate) == expected)
    #expect(answer("/startupz", Self.starting, bench.gate) == expected)
    #expect(answer("/readyz?exclude=tcp:2", Self.starting, bench.gate) == expected)
    for _ in 0..<2 {
      _ = bench.run(.deadline, bench.gate.nextDeadline.nanoseconds / 1_000_000)
      _ = bench.finish(0, holds: true, 1500)
      _ = bench.finish(1, holds: true, 1500)
      if bench.gate.memory.successes == 1 {
        #expect(
          answer("/startupz?verbose", Self.starting, bench.gate)
            == Answer(
              503,
              """
              [+]tcp:1 ok
              [+]tcp:2 ok
              startupz check failed: starting: the checks held 1 of 2 times

              """))
      }
    }
    #expect(
      answer("/readyz", Self.starting, bench.gate, now: 2500)
        == Answer(503, "starting: warming up for another 3s\n"))
  }

  @Test func onlyAPageThatMayBeReadyAsksTheChecks() {
    let draining = EndpointFacts(phase: .draining, mayBeReady: false, appRuns: true)
    #expect(
      EndpointAnswer.needs(.readyz, facts: Self.serving, gateIsOpen: true, hasLive: false) == .ready
    )
    #expect(
      EndpointAnswer.needs(.readyz, facts: Self.serving, gateIsOpen: false, hasLive: false) == .none
    )
    #expect(
      EndpointAnswer.needs(.readyz, facts: draining, gateIsOpen: true, hasLive: false) == .none)
    #expect(
      EndpointAnswer.needs(.livez, facts: Self.serving, gateIsOpen: true, hasLive: false) == .none)
    #expect(
      EndpointAnswer.needs(.startupz, facts: Self.serving, gateIsOpen: true, hasLive: false)
        == .none)
    #expect(
      EndpointAnswer.needs(.livez, facts: Self.serving, gateIsOpen: true, hasLive: true) == .live)
    #expect(
      EndpointAnswer.needs(.livez, facts: draining, gateIsOpen: true, hasLive: true) == .none)
  }

  @Test(arguments: [
    ("exclude=tcp:1&exclude=tcp:2", true), ("exclude=tcp%3A2&x&exclude=tcp:1", true),
    ("exclude=tcp:1", false), ("exclude=tcp:1&exclude=tcp:1&exclude=no", false), ("", false),
  ])
  func onlyAQueryThatLeavesEveryCheckOutAsksNone(_ query: String, _ isAll: Bool) {
    let checks = CheckSchedule(
      checks: ["tcp:1", "tcp:2"].map {
        Check(text: Array($0.utf8), kind: .tcp(host: [], port: 1))
      }, every: .zero)
    let bytes = Array(query.utf8)
    let excludesAll = EndpointAnswer.excludesAll(checks, bytes.span)
    #expect(excludesAll == isAll)
    let none = CheckSchedule(checks: [], every: .zero)
    let excludesNone = EndpointAnswer.excludesAll(none, bytes.span)
    #expect(!excludesNone)
  }

  @Test func livezFailsWithItsCheckUntilTheDrainSignal() {
    let check = Check(text: Array("tcp:9".utf8), kind: .tcp(host: [], port: 9))
    var memory = GateMemory()
    memory.isOpen = true
    var live = ReadinessGate(
      checks: CheckSchedule(checks: [check], every: .zero), settings: GateSettings(),
      memory: memory)
    let now = Instant(nanoseconds: 0)
    _ = live.handle(.started, at: now)
    _ = live.handle(.asked, at: now)
    _ = live.handle(.finished(check: 0, .fails(.refused)), at: now)
    for (phase, status, text) in [
      (Phase.serving, 503, "not alive: tcp:9 (connection refused)\n"), (.draining, 200, "ok\n"),
    ] as [(Phase, UInt16, String)] {
      let facts = EndpointFacts(phase: phase, mayBeReady: false, appRuns: true)
      var body = ByteBuffer(capacity: 1000)
      let answer = EndpointAnswer(facts: facts, now: now)
      let got = answer.render(.livez, query: Span(), gate: live, live: live, into: &body)
      #expect(got == status)
      #expect(DrainCoreTests.text(body) == text)
    }
  }

  @Test func theLongestPageFits() {
    let name = String(repeating: "x", count: 1000)
    let many = (0..<16).map { Check(text: Array("\($0)\(name)".utf8), kind: .none) }
    let bench = GateBench(many)
    _ = bench.run(.started, 0)
    for index in 0..<16 { _ = bench.finish(index, holds: false, 1) }
    var body = ByteBuffer(capacity: EndpointLimits.bodyBytes)
    let (page, query) = parsed("/readyz?verbose")
    _ = EndpointAnswer(facts: Self.starting, now: at(0))
      .render(page, query: query.span, gate: bench.gate, live: noLive, into: &body)
    #expect(body.cut == 0)
    #expect(body.count > 16 * 2 * 200)
  }

  @Test func theAnswersHeadIsWhole() {
    var buffer = ByteBuffer(capacity: EndpointLimits.answerHeadBytes)
    HTTPResponse(status: 405, bodyLength: 36).appendHead(to: &buffer)
    #expect(
      text(buffer) == """
        HTTP/1.1 405 Method Not Allowed\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: 36\r
        Cache-Control: no-store\r
        Connection: close\r
        Allow: GET, HEAD, OPTIONS\r
        \r

        """)
  }

  @Test func everyRefusalHasItsStatusAndReason() {
    let all: [(HTTPRefusal, String)] = [
      (.badSyntax, "400 Bad Request"), (.badVersionSyntax, "400 Bad Request"),
      (.noHost, "400 Bad Request"), (.twoHosts, "400 Bad Request"), (.badHost, "400 Bad Request"),
      (.badTarget, "400 Bad Request"), (.notFound, "404 Not Found"),
      (.methodNotAllowed, "405 Method Not Allowed"), (.headTimeout, "408 Request Timeout"),
      (.targetTooLong, "414 URI Too Long"),
      (.headTooLong, "431 Request Header Fields Too Large"),
      (.versionNotSupported, "505 HTTP Version Not Supported"),
    ]
    for (refusal, line) in all {
      var buffer = ByteBuffer(capacity: EndpointLimits.answerHeadBytes)
      HTTPResponse(status: refusal.status, bodyLength: 99_999).appendHead(to: &buffer)
      #expect(text(buffer).hasPrefix("HTTP/1.1 \(line)\r\n"))
      #expect(buffer.cut == 0)
    }
  }

  private func parsed(_ target: String) -> (ProbePage, [UInt8]) {
    let head = Array("GET \(target) HTTP/1.0\r\n\r\n".utf8)
    var parser = HTTPRequestParser()
    guard case .request(let request) = parser.advance(over: head.span),
      case .probe(let page) = request.route
    else { fatalError("\(target) is no probe") }
    return (page, Array(head[request.query.start..<request.query.end]))
  }

  private func answer(
    _ target: String, _ facts: EndpointFacts, _ gate: ReadinessGate, now: Int64 = 0
  ) -> Answer {
    let (page, query) = parsed(target)
    var body = ByteBuffer(capacity: EndpointLimits.bodyBytes)
    let status = EndpointAnswer(facts: facts, now: at(now))
      .render(page, query: query.span, gate: gate, live: noLive, into: &body)
    return Answer(status, text(body))
  }
}

@Suite struct CheckNameTests {
  @Test(
    arguments: [
      ("http://user:s3cret@host:8080/health?token=s3cret#x", "http://host:8080/health"),
      ("http://a@b@host/x@y", "http://host/x@y"),
      ("HTTP://u@h", "HTTP://h"),
      ("http://host?x@y", "http://host"),
      ("http://h/a\nb\u{7f}", "http://h/a?b?"),
      ("exec:/bin/check --token s3cret", "exec:/bin/check"),
      ("exec:'/my dir/check' s3cret", "exec:'/my dir/check'"),
      ("exec:\"/my dir/it's\" s3cret", "exec:\"/my dir/it's\""),
      ("tcp:[::1]:80", "tcp:[::1]:80"),
      ("listening", "listening"),
      ("file:/a?b c", "file:/a?b c"),
      ("", ""),
    ])
  func aNameHoldsNoSecret(typed: String, name: String) {
    let check = Check(text: Array(typed.utf8), kind: .none)
    #expect(String(decoding: CheckName.of(check), as: UTF8.self) == name)
  }

  @Test func aLongNameIsCut() {
    let check = Check(text: Array(repeating: 65, count: 10_000), kind: .none)
    #expect(CheckName.of(check).count == CheckLimits.nameBytes)
  }
}

/// No `--live` was given.
private let noLive = ReadinessGate(
  checks: CheckSchedule(checks: [], every: .zero), settings: GateSettings())
