import Foundation
import Testing

@testable import DrainCore

/// The last line of a stop: what a user reads to choose a window.
@Suite struct SummaryTests {
  private func second(_ seconds: Double) -> Instant {
    Instant(nanoseconds: 1_000_000_000_000 + Int64(seconds * 1e9))
  }

  /// The line of a stop whose window, 5 to 12 seconds or a fixed 12, was over after `window` seconds.
  private func line(
    _ end: WindowEnd, after window: Double, isRange: Bool = true, json: Bool = false,
    prober: Double = 0, evidence: TrafficEvidence? = nil
  ) -> String {
    let range = DrainRange(minimum: .seconds(isRange ? 5 : 12), maximum: .seconds(12))
    var plan = DrainPlan(window: range, source: .given)
    plan.endsEarly = isRange
    var state = LifecycleState()
    state.windowEnd = end
    state.drainedAt = second(0)
    state.stoppedAt = second(window)
    state.endedAt = second(window + 0.4)
    state.ending = .exited(code: 0)
    var rule = QuietRule(window: range)
    rule.begin(at: second(0))
    for number in 0..<20 {
      rule.arrived(Arrival(.connection, at: second(Double(number) / 20), from: .v4(UInt32(number))))
    }
    rule.arrived(Arrival(.request, at: second(0.98), from: .v4(3), count: 200))
    var at = prober
    while prober > 0 && at < window {
      rule.arrived(Arrival(.connection, at: second(at), from: .v4(0x0a00_0001)))
      at += prober
    }
    rule.looked(LookResult(begunAt: second(window), openConnections: 1))
    var context = LogContext(program: Array("web".utf8), gate: [], plan: plan)
    context.evidence = evidence ?? rule.evidence
    context.isJSON = json
    var buffer = ByteBuffer(capacity: LogLine.longest)
    var scratch = ByteBuffer(capacity: LogLine.longest)
    buffer.appendLine(.ended(state.ending), state, context, time: .zero, scratch: &scratch)
    return text(buffer)
  }

  @Test func quietSaysWhatItSavedAndWhatItSaw() {
    #expect(
      line(.quiet, after: 5) == """
        drainit: drained in 5s (quiet; 7s saved): 220 late arrivals in only 5 moments, \
        last at +1s, 1 connection open; web exited 0 after 0.4s

        """)
  }

  @Test func ofFewMomentsItSaysHowFew() {
    func told(_ moments: UInt32, of arrivals: UInt32) -> Bool {
      var evidence = TrafficEvidence()
      evidence.newConnections = arrivals
      evidence.moments = moments
      evidence.last = .seconds(2)
      let told = line(.quiet, after: 8, evidence: evidence)
      #expect(told.contains(" \(arrivals) late arrival") && told.contains(", last at +2s"))
      #expect(told.contains(" in only \(moments) moment") == told.contains("moment"))
      return told.contains("moment")
    }
    #expect(told(9, of: 200) && told(2, of: 3) && told(1, of: 40))
    // Their number says it, or they are enough.
    #expect(!told(1, of: 1) && !told(3, of: 3) && !told(10, of: 11) && !told(16, of: 214))
  }

  @Test func tenMomentsAreEnoughSinceTheRuleThenWaitsAsLongAsTheLastTook() {
    let few = TrafficEvidence.fewMoments
    #expect(Silence.needed(moments: few, span: .seconds(60)) <= .seconds(60))
    #expect(Silence.needed(moments: few - 1, span: .seconds(60)) > .seconds(60))
  }

  @Test func aWindowThatSilenceDidNotEndNamesNoPeer() {
    var evidence = TrafficEvidence()
    evidence.isSilent = true
    evidence.openConnections = 2
    var peer = Peer()
    peer.note(Arrival(.connection, at: second(1), from: .v4(0x0a00_0001)))
    evidence.holder = .peer(peer)
    #expect(
      line(.maximum, after: 12, evidence: evidence) == """
        drainit: drained in 12s (max): 0 late arrivals, 2 connections open, \
        held by --until: all was quiet; web exited 0 after 0.4s

        """)
    let json = line(.maximum, after: 12, json: true, evidence: evidence)
    #expect(json.contains("\"held_by\":\"--until\"") && !json.contains("10.0.0.1"))
    #expect(!line(.closed, after: 6, json: true, evidence: evidence).contains("held_by"))
  }

  @Test func whoHeldItToItsEndIsNamed() {
    #expect(
      line(.maximum, after: 12, prober: 2) == """
        drainit: drained in 12s (max): 225 late arrivals in only 6 moments, last at +10s, \
        1 connection open, held by 10.0.0.1: a connection every 2s, a probe? point it at /readyz; \
        web exited 0 after 0.4s

        """)
  }

  @Test func aFixedWaitIsHeldByNobody() {
    let line = line(.maximum, after: 12, isRange: false, prober: 2)
    #expect(line.contains("drained in 12s (max): 225 late arrivals"))
    #expect(!line.contains("held by"))
  }

  @Test func inJSONItIsNumbers() throws {
    let told = try #require(
      try JSONSerialization.jsonObject(
        with: Data(line(.maximum, after: 12, json: true, prober: 2).utf8)) as? [String: Any])
    #expect(told["event"] as? String == "ended")
    #expect(told["window_ended_by"] as? String == "max")
    #expect(told["window_seconds"] as? Double == 12)
    #expect(told["saved_seconds"] as? Double == 0)
    #expect(told["late_arrivals"] as? Int == 225)
    #expect(told["arrival_moments"] as? Int == 6)
    #expect(told["last_arrival_seconds"] as? Double == 10)
    #expect(told["open_connections"] as? Int == 1)
    #expect(told["held_by"] as? String == "10.0.0.1")
    #expect(told["stop_seconds"] as? Double == 0.4)
    #expect(told["exit_code"] as? Int == 0)
  }
}
