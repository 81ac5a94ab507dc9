import Testing

@testable import DrainCore

@Suite struct KillRefusedTests {
  @Test func theSummarySaysThatTheAppStillRuns() {
    var story = Story.serving { $0.stopTimeout = .seconds(3) }
    story.signal(.term)
    story.wait(.seconds(12))
    story.wait(.seconds(3))
    #expect(story.signals.last == .kill)
    story.tell(.killRefused)
    #expect(story.exitCode == 137)
    let last = story.lines.last ?? ""
    #expect(last.contains("nginx still runs: SIGKILL was refused after 3s"), "\(last)")
    #expect(!last.contains("was ended by"))
  }

  @Test func aLifeThatWasNotToldOfItAsksAgain() {
    var story = Story.serving { $0.stopTimeout = .seconds(3) }
    story.signal(.term)
    story.wait(.seconds(12))
    story.wait(.seconds(3))
    let effects = story.lifecycle.resume(now: story.now)
    #expect(effects.count == 1)
    if case .signalApp(.kill) = effects[0] {} else { Issue.record("\(effects[0])") }
  }

  @Test func jsonHasAFieldForIt() {
    var context = LogContext(
      program: Array("nginx".utf8), gate: [],
      plan: DrainPlan(window: DrainRange(minimum: .zero, maximum: .zero), source: .given))
    context.isJSON = true
    for isRefused in [false, true] {
      var state = LifecycleState()
      state.ending = .killed(.kill)
      state.isKillRefused = isRefused
      var buffer = ByteBuffer(capacity: LogLine.longest)
      var scratch = ByteBuffer(capacity: LogLine.longest)
      buffer.appendLine(
        .ended(.killed(.kill)), state, context, time: .zero, scratch: &scratch)
      #expect(text(buffer).contains(#","kill_refused":true}"#) == isRefused)
      #expect(text(buffer).contains(#""exit_code":137"#))
    }
  }
}
