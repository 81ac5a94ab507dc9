import Testing

@testable import DrainCore

@Suite struct PlanTextTests {
  /// What `--plan` prints for these words, or the budget that does not fit.
  private func plan(
    _ words: [String], on platform: WindowSource = .kubernetes, program: String = "web",
    endsEarly: Bool = false
  ) throws -> String {
    let options = try #require(read(["--plan"] + words).options)
    var plan = try DrainPlan.make(options, platform: platform, isFirstProcess: true)
    plan.endsEarly = endsEarly
    var buffer = ByteBuffer(capacity: OptionLimits.helpBytes)
    buffer.append(planOf: LogContext(program: bytes(program), gate: [], plan: plan), options)
    #expect(buffer.cut == 0)
    return text(buffer)
  }

  @Test func everySignalThatDrainsIsListedWithWhatTheAppIsSent() throws {
    let nginx = try plan([], program: "nginx")
    #expect(nginx.contains("SIGTERM from the platform -> SIGQUIT to nginx\n"))
    #expect(nginx.contains("SIGINT from the platform -> SIGQUIT to nginx\n"))
    #expect(nginx.contains("SIGQUIT from the platform -> SIGQUIT to nginx\n"))
    #expect(!nginx.contains("haproxy"))
    let web = try plan([])
    #expect(web.contains("SIGTERM from the platform -> SIGTERM to web\n"))
    #expect(web.contains("SIGINT from the platform -> SIGINT to web\n"))
    #expect(!web.contains("SIGQUIT from"))
    #expect(web.contains("haproxy"))
    let given = try plan(["--drain-signal", "USR2", "--stop-signal", "HUP"], program: "nginx")
    #expect(given.contains("SIGUSR2 from the platform -> SIGHUP to nginx\n"))
    #expect(given.split(separator: "\n").filter { $0.contains(" from the ") }.count == 2)
    #expect(try plan(["--rewrite", "TERM:0"]).contains("SIGTERM from the platform -> nothing"))
  }

  @Test(
    arguments: [
      ([], ["+12s         that signal to the app (the default in Kubernetes"]),
      (["--drain", "3s"], ["+3s          that signal to the app (--drain)"]),
      (["--drain", "0", "--stop-timeout", "4"], ["+0s          that", "+4s          SIGKILL to"]),
      (["--grace", "30"], ["+29s         SIGKILL to the app", "--grace 30s"]),
      ([], ["at last      SIGKILL from the platform"]),
      (["--grace", "30", "--orphans", "5s"], ["+24s         SIGKILL", "SIGKILL after 5s"]),
      (
        ["--orphans", "wait"],
        ["is sent the stop signal, and waited for", "SIGKILL to it from the platform"]
      ),
      (
        ["--grace", "30", "--orphans", "wait"],
        ["+28s         SIGKILL", "1s before the end of the grace"]
      ), ([], ["ends with the container"]),
      ([], ["+0s          /readyz answers 503\n  +8s          and to the kubelet"]),
      (["--drain", "3s"], ["+0s          and to the kubelet"]),
      (["--unready-after", "2s"], ["+2s          /readyz answers 503"]),
      (["--unready-after", "end"], ["+12s         /readyz answers 503"]),
      (["--drain-notice", "USR1"], ["+0s          SIGUSR1 to web (--drain-notice)"]),
      (["--grace", "10s"], ["+8s          that signal to the app"]),
    ] as [([String], [String])])
  func theTimelineSaysWhenAndWhy(words: [String], lines: [String]) throws {
    let printed = try plan(words)
    for line in lines { #expect(printed.contains(line)) }
  }

  @Test func aWindowThatMayEndEarlyHasTwoEnds() throws {
    let printed = try plan(["--stop-timeout", "3s", "--unready-after", "end"], endsEarly: true)
    for line in ["+5s to 12s   that signal", "+8s to 15s   SIGKILL", "+5s to 12s   /readyz"] {
      #expect(printed.contains("  " + line))
    }
  }

  @Test func whoIsNotProtectedIsSaid() throws {
    #expect(try plan([]).contains("listens on nothing"))
    #expect(try !plan(["--drain", "1s..9s"]).contains("listens on nothing"))
    #expect(try !plan(["--port", "80"]).contains("listens on nothing"))
    #expect(try plan(["--drain", "1s..9s"]).contains("+1s          already where it was never"))
    #expect(try !plan(["--drain", "9s"]).contains("never ready"))
  }

  @Test(
    arguments: [
      (["--grace", "25500ms"], "terminationGracePeriodSeconds: 26\n"),
      ([], "terminationGracePeriodSeconds: 30\n"),
      (["--drain", "60s"], "terminationGracePeriodSeconds: 62\n"),
      (["--drain", "60s", "--stop-timeout", "10s"], "1m window + 10s stop timeout + 1s = 1m11s\n"),
      (["--grace", "40"], "value: 40s}"),
      (["--listen", "[::1]:99"], "readinessProbe: {httpGet: {path: /readyz, port: 99}"),
      ([], "livenessProbe: {httpGet: {path: /livez, port: 14315}"),
      ([], "startupProbe: {httpGet: {path: /startupz, port: 14315}"),
      (["--listen", "off"], "no probes: --listen off\n"),
    ] as [([String], String)])
  func theManifestsFieldsMatch(words: [String], expected: String) throws {
    #expect(try plan(words).contains(expected))
  }

  @Test func aPlanThatDoesNotFitIsNone() {
    #expect(throws: BudgetError.self) { try plan(["--grace", "10s", "--drain", "20s"]) }
  }

  @Test func plainHasNoWindow() throws {
    let printed = try plan(["--plain", "--drain", "5s"])
    #expect(printed.contains("every signal") && !printed.contains("5s"))
  }

  @Test func noSecretOfTheOptionsIsPrinted() throws {
    let printed = try plan([
      "--ready", "http://h/?s3cret", "--check-header", "A: s3cret", "--", "web",
      "s3cret",
    ])
    #expect(!printed.contains("s3cret"))
  }
}
