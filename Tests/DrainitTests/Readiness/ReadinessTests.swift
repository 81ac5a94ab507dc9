import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

@Suite struct ReadinessTests {
  @Test func theGateOpensWithTheAppAndNotBefore() throws {
    let bench = try ReadinessBench("--ready", "none")
    bench.turn()
    #expect(bench.opened == 0)
    #expect(bench.ask("/readyz").status == "503")
    bench.startApp()
    bench.run { bench.opened > 0 }
    #expect(bench.opened == 1)
    bench.facts.phase = .serving
    bench.facts.mayBeReady = true
    #expect(bench.ask("/readyz").status == "200")
    #expect(bench.opened == 1)
  }

  @Test func aCheckThatAsksTheAppIsAskedWhenSomebodyAsks() throws {
    let app = try Listener()
    let bench = try ReadinessBench("--ready", "tcp:127.0.0.1:\(app.port)", "--ready-every", "10ms")
    bench.startApp()
    #expect(bench.run { bench.opened == 1 })
    bench.facts.phase = .serving
    bench.facts.mayBeReady = true
    #expect(bench.ask("/readyz").status == "200")
    // Nobody asks: nothing is due.
    #expect(bench.run { bench.readiness.nextDeadline == .never })
    app.stopListening()
    usleep(12_000)
    #expect(bench.ask("/readyz").status == "503")
  }

  @Test func onlyTheKubeletsQuestionForReadyzIsTold() throws {
    let bench = try ReadinessBench("--ready", "none")
    bench.startApp()
    _ = bench.ask("/readyz")
    _ = bench.ask("/livez", agent: "kube-probe/1.34")
    #expect(bench.kubeletAsked == 0)
    _ = bench.ask("/readyz", agent: "kube-probe/1.34")
    #expect(bench.kubeletAsked == 1)
  }

  @Test func theKubeletReadsReadyWhileEverybodyElseIsToldOfTheDrain() throws {
    let bench = try ReadinessBench("--ready", "none")
    bench.becomeReady()
    bench.drain(sparingTheKubelet: true)
    #expect(bench.ask("/readyz", agent: "kube-probe/1.34").status == "200")
    let other = bench.ask("/readyz")
    #expect(other.status == "503")
    #expect(other.body == "draining\n")
  }

  @Test func whoeverProbedBeforeTheSignalHasToHearOfIt() throws {
    let bench = try ReadinessBench("--ready", "none", "--until", "probed:1")
    bench.becomeReady()
    #expect(bench.ask("/readyz").status == "200")
    let drainedAt = Clock.now()
    bench.drain()
    #expect(!bench.wasProbed(1, since: drainedAt))
    bench.readiness.world.hasChanged = false
    #expect(bench.ask("/readyz").status == "503")
    #expect(bench.wasProbed(1, since: drainedAt))
    // Known to a come-back, too.
    let isToRemember = bench.readiness.world.hasChanged
    #expect(isToRemember)
    #expect(!bench.wasProbed(2, since: drainedAt))
  }

  @Test func aReportIsHeldUntilItIsAnswered() throws {
    let bench = try ReadinessBench("--ready", "none")
    let client = try Client(to: bench.endpoint)
    client.send("GET /status HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(bench.run { bench.reports == 1 })
    client.receive()
    #expect(client.text.isEmpty)
    let plan = try DrainPlan.make(
      options(["--", "app"]), platform: .elsewhere, isFirstProcess: true)
    bench.readiness.answerReports(ReportFacts(plan), bench.loop)
    #expect(
      bench.run {
        client.receive()
        return client.isClosed
      })
    #expect(client.answer?.status == "200")
    #expect(client.answer?.body.first == "{")
  }
}

/// Every role's checks are asked when the lifecycle says so, and tell what came of it.
@Suite struct CheckRoleTests {
  @Test func startAfterAllowsTheStartOnce() throws {
    let other = try Listener()
    let bench = try ReadinessBench("--start-after", "tcp:127.0.0.1:\(other.port)")
    #expect(bench.mayStart == 0)
    bench.note(bench.readiness.awaitStart(bench.facts, bench.loop, Clock.now()))
    #expect(bench.run { bench.mayStart > 0 })
    #expect(bench.mayStart == 1)
  }

  @Test func liveAnswersTheLifecycleWhenItAsks() throws {
    let app = try Listener()
    let bench = try ReadinessBench("--live", "tcp:127.0.0.1:\(app.port)", "--ready", "none")
    bench.startApp()
    bench.facts.phase = .serving
    #expect(bench.ask("/livez").status == "200")
    #expect(bench.live.isEmpty)
    bench.note(bench.readiness.askLive(bench.facts, bench.loop, Clock.now()))
    #expect(bench.run { bench.live == [true] })
    // An app whose watchdog was missed hangs, whatever its port says.
    bench.facts.watchdog = .missed
    usleep(300_000)
    bench.note(bench.readiness.askLive(bench.facts, bench.loop, Clock.now()))
    #expect(bench.run { bench.live == [true, false] })
  }

  @Test func untilAnswersEachTimeItIsAsked() throws {
    let bench = try ReadinessBench("--until", "file:/nothing/there", "--ready-every", "10ms")
    bench.startApp()
    bench.note(bench.readiness.askUntil(bench.facts, bench.loop, Clock.now()))
    #expect(bench.run { bench.until == [false] })
    usleep(12_000)
    bench.note(bench.readiness.askUntil(bench.facts, bench.loop, Clock.now()))
    #expect(bench.run { bench.until == [false, false] })
  }

  @Test(arguments: [HookMoment.ready, .drain, .exit])
  func aMomentsHooksEndTogether(_ moment: HookMoment) throws {
    let registry = try Listener()
    let word = ["--on-ready", "--on-drain", "--on-exit"][Int(moment.rawValue)]
    let bench = try ReadinessBench(
      word, "PUT http://127.0.0.1:\(registry.port)/a", word,
      "PUT http://127.0.0.1:\(registry.port)/b", "--ready", "none")
    bench.note(bench.readiness.runHooks(moment, bench.facts, bench.loop, Clock.now()))
    for _ in 0..<2 {
      #expect(bench.endedHooks == 0)
      var connection: Accepted?
      bench.run {
        connection = connection ?? registry.accept()
        return connection?.read() == true
      }
      connection?.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }
    #expect(bench.run { bench.endedHooks != 0 })
    #expect(bench.endedHooks == 1 << moment.rawValue)
  }

  @Test func connectionsOfEveryRoleAreDrainitsOwn() throws {
    let app = try Listener()
    let target = "tcp:127.0.0.1:\(app.port)"
    let put = "PUT http://127.0.0.1:\(app.port)/"
    let bench = try ReadinessBench(
      "--ready", target, "--live", target, "--until", target, "--start-after", target, "--on-ready",
      put,
      "--on-drain", put, "--on-exit", put)
    bench.note(bench.readiness.awaitStart(bench.facts, bench.loop, Clock.now()))
    bench.facts.appRuns = true
    bench.note(bench.readiness.follow(bench.facts, bench.loop, Clock.now()))
    bench.note(bench.readiness.askLive(bench.facts, bench.loop, Clock.now()))
    bench.note(bench.readiness.askUntil(bench.facts, bench.loop, Clock.now()))
    for moment in [HookMoment.ready, .drain, .exit] {
      bench.note(bench.readiness.runHooks(moment, bench.facts, bench.loop, Clock.now()))
    }
    for _ in 0..<CheckRole.count {
      let connection = try #require(app.accept())
      #expect(bench.isOwn(connection.port))
    }
    #expect(!bench.isOwn(1))
  }
}
