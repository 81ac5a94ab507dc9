import DrainLinux
import Foundation
import Testing

@testable import DrainCore
@testable import drainit

/// What drainit's parts know, asked for at the endpoint.
@Suite struct ReportsTests {
  /// Asks for a page, which the reports answer with what is given.
  private func ask(
    _ page: String, _ words: [String], _ state: LifecycleState = LifecycleState(),
    prepare: (inout Reports, inout Log, inout Window, ReadinessBench) throws -> Void = {
      _, _, _, _ in
    }
  ) throws -> String {
    let words = words + ["--ready", "none"]
    let options = try options(words + ["--", "/usr/bin/app"])
    let plan = try plan(options)
    let bench = try ReadinessBench(words)
    let outlet = try Outlet()
    var log = Log(
      LogSink(outlet.end), options, command(["drainit", "/usr/bin/app"]).logContext(options, plan))
    log.context = LogContext(program: Array("app".utf8), gate: [], plan: plan)
    var window = Window(options, plan)
    var reports = Reports(options, plan)
    try prepare(&reports, &log, &window, bench)
    let client = try Client(to: bench.endpoint)
    client.send("GET \(page) HTTP/1.1\r\nHost: a\r\n\r\n")
    bench.run { bench.reports == 1 }
    reports.answer(
      EndpointFacts(phase: .serving, mayBeReady: true, appRuns: true), state, comeBacks: 3, log,
      window, &bench.readiness, bench.loop)
    bench.run {
      client.receive()
      return client.isClosed
    }
    return client.answer?.body ?? ""
  }

  private func status(_ text: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(object as? [String: Any])
  }

  @Test func whatWasCountedIsTold() throws {
    let metrics = try ask("/metrics", []) { reports, log, _, _ in
      reports.counts.signalsForwarded = 41
      reports.counts.processesReaped = 42
      // A descriptor that is none takes no line.
      let options = try options(["--", "app"])
      log = Log(LogSink(-1), options, log.context)
      log.write(.unready, LifecycleState())
    }
    for (name, value) in [
      ("signals_forwarded_total", 41), ("processes_reaped_total", 42),
      ("log_lines_dropped_total", 1), ("come_backs_total", 3),
    ] {
      let found = metrics.split(separator: "\n").filter { $0.contains(name) && !$0.hasPrefix("#") }
      #expect(found.count == 1, "\(name): \(found)")
      #expect(found.first?.hasSuffix(" \(value)") == true, "\(found)")
    }
  }

  @Test func theLifecycleAndTheAppAreTold() throws {
    var state = LifecycleState()
    state.phase = .serving
    state.appPID = 77
    let found = try status(try ask("/status", [], state))
    #expect(found["phase"] as? String == "serving")
    #expect(found["ready"] as? Bool == false)
    #expect(found["notify"] is NSNull)
    let app = try #require(found["app"] as? [String: Any])
    #expect(app["program"] as? String == "app")
    #expect(app["pid"] as? Int == 77)
    #expect(app["running"] as? Bool == true)
  }

  @Test func readinessIsThatOfTheGate() throws {
    let text = try ask("/status", []) { _, _, _, bench in bench.becomeReady() }
    #expect(try status(text)["ready"] as? Bool == true)
  }

  @Test func whatTheAppSaysIsToldWhereItWasAskedTo() throws {
    let text = try ask("/status", ["--ready", "notify"]) { _, log, _, bench in
      bench.readiness.world.notices.isReady = true
      bench.readiness.world.notices.watchdog = .missed
      var datagram = ByteBuffer(capacity: 64)
      datagram.append("well")
      _ = log.context.note(status: ByteRange(start: 0, end: 4), of: datagram)
    }
    let notify = try #require(try status(text)["notify"] as? [String: Any])
    #expect(notify["ready"] as? Bool == true)
    #expect(notify["stopping"] as? Bool == false)
    #expect(notify["watchdog"] as? String == "missed")
    #expect(notify["status"] as? String == "well")
  }

  @Test func whatTheWindowHasSeenIsToldWhereSomethingWasWatched() throws {
    var state = LifecycleState()
    state.phase = .draining
    state.drainedAt = Clock.now()
    let listener = try Listener()
    for watches in [false, true] {
      let text = try ask("/status", ["--port", "\(listener.port)"], state) { _, _, window, bench in
        _ = bench.readiness.findListeners()
        guard watches else { return }
        let loop = try EventLoop()
        window.begin(
          bench.readiness.watchedPorts, at: ListeningEnds(), drainedAt: state.drainedAt,
          hasUnseen: false, loop, Clock.now())
      }
      #expect(text.contains("\"open_connections\":0") == watches, "\(text)")
      #expect(text.contains("\(listener.port)"))
    }
  }
}
