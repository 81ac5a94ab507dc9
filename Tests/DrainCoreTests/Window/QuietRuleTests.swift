import Foundation
import Testing

@testable import DrainCore

/// A moment so many seconds after the drain signal.
private func second(_ seconds: Double) -> Instant {
  Instant(nanoseconds: 1_000_000_000_000 + Int64(seconds * 1e9))
}

private func rule(
  _ low: Int64 = 5, _ high: Int64 = 12, asked: Interval? = nil, closes: Bool = false
) -> QuietRule {
  let window = DrainRange(minimum: .seconds(low), maximum: .seconds(high))
  var rule = QuietRule(window: window, asked: asked, closes: closes)
  rule.begin(at: second(0))
  return rule
}

extension QuietRule {
  fileprivate mutating func connection(_ seconds: Double, from peer: UInt32 = 1) {
    arrived(Arrival(.connection, at: second(seconds), from: .v4(peer)))
  }

  fileprivate mutating func request(_ seconds: Double, from peer: UInt32 = 1) {
    arrived(Arrival(.request, at: second(seconds), from: .v4(peer)))
  }

  fileprivate mutating func look(
    _ seconds: Double, open: UInt32 = 0, waiting: UInt32 = 0, inFlight: UInt32 = 0,
    unseen: Bool = false
  ) {
    looked(
      LookResult(
        begunAt: second(seconds), openConnections: open, waiting: waiting, inFlight: inFlight,
        hasUnseen: unseen))
  }

  /// Looks once a second, as the rule asks for, up to there.
  fileprivate mutating func looks(to end: Int) {
    for number in 1...end { look(Double(number)) }
  }

  /// How long after the signal the silence will have been long enough.
  fileprivate var quietSeconds: Double { Double(quietAt.since(drainedAt).nanoseconds) / 1e9 }
}

@Suite struct SilenceTests {
  @Test func theSilenceIsTheFormulas() {
    for count in [1, 2, 3, 4, 5, 10, 16, 17, 20, 33, 100, 10_000] as [UInt32] {
      for span in [0.5, 5, 60, 3_600] {
        let certainty = 6 + max(0, log(Double(count) / 4))
        let exact = max(5.7 + 2.2 / Double(count), span * (exp(certainty / Double(count)) - 1))
        let found = Silence.needed(moments: count, span: Interval(nanoseconds: Int64(span * 1e9)))
        let seconds = Double(found.nanoseconds) / 1e9
        #expect(abs(seconds - exact) <= exact * 0.012 + 0.002, "\(count) in \(span) s")
      }
    }
  }

  @Test func nothingOverflows() {
    #expect(Silence.needed(moments: 0, span: .zero) == .longest)
    #expect(Silence.needed(moments: 1, span: .longest) == .longest)
    #expect(Silence.needed(moments: .max, span: .zero) == .milliseconds(5_700))
  }
}

@Suite struct MomentsTests {
  private func count(_ moments: [Double], looks: [Double] = []) -> UInt32 {
    var counted = Moments()
    counted.begin(at: second(0))
    var looks = looks[...]
    for moment in moments {
      while let look = looks.first, look <= moment {
        counted.turn(at: second(look), next: .seconds(2))
        looks.removeFirst()
      }
      counted.note(second(moment))
    }
    return counted.count
  }

  @Test func whatComesAtOnceIsOneSign() {
    #expect(count([0.5, 0.52, 0.6, 0.65, 0.69]) == 1)
    #expect(count([0.5, 0.52, 1.5, 1.6]) == 2)
    #expect(count((0..<200).map { 0.1 + 0.15 * Double($0) / 200 }) == 1)
  }

  @Test func aBurstOverALookIsOneSign() {
    #expect(count([0.95, 1.0, 1.05, 1.1], looks: [1.0]) == 1)
  }

  @Test func theOrderInWhichALookTellsIsNoMatter() {
    #expect(count([1.4, 0.2, 0.8]) == 3)
    #expect(count([0.2, 0.8, 1.4]) == 3)
  }

  @Test func aMomentGrowsWithTheWindow() {
    #expect(Moments.length(at: .seconds(1)) == .milliseconds(200))
    #expect(Moments.length(at: .seconds(64)) == .seconds(1))
    let looks = (1..<400).map { Double($0) / 2 }
    // A fifth of a second apart: 64 of them up to 12.8 s, and as many until e times that.
    let many = count((0..<1_000).map { Double($0) / 5 }, looks: looks)
    #expect((180...256).contains(many))
  }
}

@Suite struct QuietRuleTests {
  @Test func withoutAnArrivalSilenceProvesNothing() {
    var rule = rule()
    #expect(rule.quietAt == .never)
    rule.look(11)
    #expect(!rule.isQuiet(second(12)))
    #expect(rule.evidence.holder == .few)
  }

  @Test func anIdleStopThatWaitsForConnectionsEndsAtTwelveSeconds() {
    var idle = rule(5, 300, closes: true)
    #expect(idle.quietSeconds == 12)
    idle.look(12)
    #expect(idle.isClosed(second(12)))
    #expect(rule(30, 300, closes: true).quietSeconds == 30)
    // One arrival is somebody who has not heard.
    idle.connection(11)
    #expect(idle.quietSeconds > 300)
  }

  @Test func theWindowEndsAtALookAfterTheSilence() {
    var rule = rule()
    for number in 0..<20 { rule.connection(Double(number) / 10) }
    rule.look(2)
    let quietAt = rule.quietAt
    #expect((7.6...8.2).contains(rule.quietSeconds))
    #expect(!rule.isQuiet(quietAt))
    rule.looked(LookResult(begunAt: quietAt))
    #expect(rule.isQuiet(quietAt))
    rule.connection(8.5)
    #expect(!rule.isQuiet(quietAt))
  }

  @Test func theMinimumHoldsHoweverQuietItIs() {
    var rule = rule(30, 60)
    for number in 0..<100 { rule.connection(Double(number) / 50) }
    #expect(rule.quietAt == second(30))
  }

  @Test func anArrivalFromBeforeTheSignalCountsAsItsOwn() {
    var rule = rule()
    rule.connection(-5)
    #expect(rule.evidence.last == .zero)
  }

  @Test func aStormIsOneSign() {
    var storm = rule()
    for number in 0..<200 { storm.connection(0.1 + Double(number) / 2_000, from: UInt32(number)) }
    #expect(storm.quietSeconds > 12)
  }

  @Test func whatIsUnderWayAlwaysHolds() {
    let holders: [(LookResult, WindowHolder)] = [
      (LookResult(begunAt: second(9), waiting: 1), .waiting),
      (LookResult(begunAt: second(9), inFlight: 2), .inFlight),
      (LookResult(begunAt: second(9), hasUnseen: true), .unseen),
    ]
    for (look, holder) in holders {
      var rule = rule()
      for number in 0..<20 { rule.connection(Double(number) / 10, from: UInt32(number)) }
      rule.looks(to: 3)
      rule.looked(look)
      #expect(!rule.isQuiet(second(9)))
      #expect(rule.evidence.holder == holder)
      #expect(rule.nextLook <= second(10.2))
      rule.look(10.2)
      #expect(rule.isQuiet(second(10.2)))
    }
  }

  @Test func aRequestOnAnOldConnectionHoldsAsANewOneDoes() {
    var rule = rule()
    for number in 0..<20 { rule.connection(Double(number) / 20) }
    rule.request(9, from: 2)
    #expect(rule.quietSeconds > 14)
  }

  @Test func aPoolsSilenceEndsTheWindow() {
    var rule = rule()
    for number in 0..<40 {
      if number % 10 == 0 && number > 0 { rule.look(Double(number) / 10) }
      rule.request(Double(number) / 10)
    }
    #expect((9.6...10).contains(rule.quietSeconds))
  }

  @Test func theAskedSilenceNeedsNoRate() {
    var rule = rule(1, 60, asked: .seconds(2))
    #expect(rule.quietAt == second(2))
    rule.connection(3)
    #expect(rule.quietAt == second(5))
    rule.request(4)
    #expect(rule.quietAt == second(6))
  }

  @Test func closedMeansThatNothingIsOpenAnyMore() {
    var rule = rule(1, 60, asked: .seconds(2), closes: true)
    rule.look(3, open: 1)
    #expect(rule.isQuiet(second(3)) && !rule.isClosed(second(3)))
    #expect(rule.nextLook == second(4))
    rule.look(4, open: 0)
    #expect(rule.isClosed(second(4)))
  }

  @Test func looksAreASecondApartAndCostAFiftiethOfACoreAtMost() {
    var rule = rule(0, 60, asked: .seconds(1))
    rule.look(3)
    rule.connection(3)
    #expect(rule.nextLook == second(4))
    rule.looked(LookResult(begunAt: second(3), cost: .milliseconds(100)))
    rule.connection(3)
    #expect(rule.nextLook >= second(8))
  }

  @Test func looksAreTakenNowAndThenAndWhenTheWindowWouldEnd() {
    var rule = rule()
    #expect(rule.nextLook == second(1))
    rule.look(1)
    for number in 0..<20 { rule.connection(1 + Double(number) / 20) }
    #expect(rule.nextLook == second(2))
    rule.look(7)
    #expect(rule.nextLook == rule.quietAt)
  }

  @Test func theLongerItLastsTheFewerLooksAreTaken() {
    var rule = rule(0, 36_000)
    rule.look(80)
    #expect(rule.nextLook == second(90))
    rule.look(3_600)
    #expect(rule.nextLook == second(3_610))
    rule.looked(LookResult(begunAt: second(3_600), cost: .milliseconds(400)))
    #expect(rule.nextLook == second(3_620))
  }

  @Test func theOneWhoHeldIsNamedWithItsRhythm() throws {
    var rule = rule()
    for number in 0..<20 { rule.connection(Double(number) / 20, from: UInt32(number)) }
    for number in 0..<6 { rule.connection(2 * Double(number) + 0.3, from: 0x0a00_0001) }
    guard case .peer(let holder)? = rule.evidence.holder else {
      Issue.record("\(String(describing: rule.evidence.holder))")
      return
    }
    #expect(holder.address == .v4(0x0a00_0001))
    #expect(holder.rhythm == .seconds(2))
    #expect(holder.isRegular)
    #expect(rule.evidence.lateArrivals == 26)
    #expect(rule.evidence.last == .milliseconds(10_300))
  }

  /// In five seconds no silence is long enough: nobody held the window who had gone long before.
  @Test func whoHasGoneHeldNoShortWindow() {
    var gone = rule(1, 5)
    for number in 0..<8 { gone.connection(Double(number) / 20, from: 0x0a00_0001) }
    gone.look(4.5)
    #expect(gone.evidence.holder == nil)
    gone.looked(LookResult(begunAt: second(4.5), waiting: 3))
    #expect(gone.evidence.holder == .waiting)
    var going = rule(1, 5)
    for number in 0..<90 { going.connection(Double(number) / 20, from: 0x0a00_0001) }
    going.look(4.5)
    guard case .peer? = going.evidence.holder else {
      Issue.record("\(String(describing: going.evidence.holder))")
      return
    }
  }

  @Test func manyWhoEachHeldALittleAreNobody() {
    var rule = rule()
    for number in 0..<230 { rule.connection(Double(number) / 20, from: UInt32(number % 50)) }
    #expect(rule.evidence.holder == nil)
  }

  @Test func aProbeThatABusyNodeDelaysIsStillOne() {
    var peer = Peer()
    for moment in [0, 1, 2.2, 3, 4] {
      peer.note(Arrival(.connection, at: second(moment), from: .v4(1)))
    }
    #expect(peer.isRegular)
  }

  @Test func twoOrThreeGapsMustBeAlikeToBeAProbes() {
    // Chance makes two gaps as alike as these: a client's, whom nobody should look for a probe.
    for moments in [[0, 2, 4.9], [0, 1, 2.2, 3]] {
      var peer = Peer()
      for moment in moments { peer.note(Arrival(.connection, at: second(moment), from: .v4(1))) }
      #expect(peer.rhythm != nil && !peer.isRegular, "\(moments)")
    }
    var probe = Peer()
    for moment in [0, 5, 10.05] {
      probe.note(Arrival(.connection, at: second(moment), from: .v4(1)))
    }
    #expect(probe.isRegular)
  }

  @Test func aProbeComesOnceASecondAtMost() {
    for (period, isProbes) in [(0.9, false), (0.96, true), (1, true), (10, true)] {
      var peer = Peer()
      for number in 0..<6 {
        peer.note(Arrival(.connection, at: second(Double(number) * period), from: .v4(1)))
      }
      #expect(peer.isRegular == isProbes, "every \(period) s")
    }
  }

  @Test func whatComesFasterThanAProbeIsAClient() {
    var peer = Peer()
    for moment in [0, 0.2, 0.4, 0.6] {
      peer.note(Arrival(.connection, at: second(moment), from: .v4(1)))
    }
    #expect(peer.rhythm == .milliseconds(200) && !peer.isRegular)
  }

  @Test func aClientsArrivalsAreNoRhythm() {
    var peer = Peer()
    for moment in [0, 0.1, 3, 3.2] {
      peer.note(Arrival(.connection, at: second(moment), from: .v4(1)))
    }
    #expect(peer.rhythm != nil && !peer.isRegular)
  }

  @Test func moreThan64PeersAreSurvivedAndAHolderKeepsItsPlace() {
    var rule = rule(5, 60)
    for number in 0..<1_000 {
      if number % 100 == 99 { rule.look(Double(number) / 100) }
      rule.connection(Double(number) / 100, from: UInt32(number + 10))
      if number % 50 == 0 { rule.connection(Double(number) / 100, from: 1) }
    }
    for number in 10..<40 { rule.connection(Double(number), from: 1) }
    guard case .peer(let holder)? = rule.evidence.holder else {
      Issue.record("\(String(describing: rule.evidence.holder))")
      return
    }
    #expect(holder.address == .v4(1))
  }

  @Test func afterAFaultSilenceMeansWhatItMeant() {
    var original = rule(3, 40)
    for number in 0..<40 {
      if number % 10 == 0 && number > 0 { original.look(Double(number) / 10) }
      original.connection(Double(number) / 10, from: UInt32(number))
    }
    var copy = rule(3, 40)
    copy.restore(original.memory, now: second(5))
    // One more for what nobody saw, and what was open is told by the first look.
    #expect(copy.connectionCount == 41 && copy.missedCount == 1)
    #expect(copy.moments.count == original.moments.count)
    #expect((10.7...11.2).contains(copy.quietSeconds))
    var empty = rule(3, 40)
    empty.restore(rule(3, 40).memory, now: second(5))
    #expect(empty.quietAt == .never)
  }
}
