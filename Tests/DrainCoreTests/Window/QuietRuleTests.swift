import Foundation
import Testing

@testable import DrainCore

/// A moment so many seconds after the drain signal.
private func second(_ seconds: Double) -> Instant {
  Instant(nanoseconds: 1_000_000_000_000 + Int64(seconds * 1e9))
}

private func rule(_ low: Int64 = 5, _ high: Int64 = 12, asked: Interval? = nil) -> QuietRule {
  let window = DrainRange(minimum: .seconds(low), maximum: .seconds(high))
  var rule = QuietRule(window: window, asked: asked)
  rule.begin(at: second(0))
  return rule
}

extension QuietRule {
  fileprivate mutating func strong(_ seconds: Double, from peer: UInt32 = 1) {
    arrived(Arrival(.strong, at: second(seconds), from: .v4(peer)))
  }

  fileprivate mutating func weak(_ seconds: Double, from peer: UInt32 = 1) {
    arrived(Arrival(.weak, at: second(seconds), from: .v4(peer)))
  }

  fileprivate mutating func look(_ seconds: Double, open: UInt32 = 0, waiting: Bool = false) {
    looked(LookResult(begunAt: second(seconds), openConnections: open, hasWaiting: waiting))
  }
}

@Suite struct SilenceTests {
  @Test func theSilenceIsTheFormulas() {
    for count in [1, 2, 3, 5, 10, 16, 17, 20, 33, 100, 10_000] as [UInt32] {
      for span in [0.5, 5, 60, 3_600] {
        let exact = max(4, span * (exp(7 / Double(count)) - 1))
        let found = Silence.needed(count: count, span: Interval(nanoseconds: Int64(span * 1e9)))
        let seconds = Double(found.nanoseconds) / 1e9
        #expect(seconds >= exact - 0.001)
        #expect(seconds <= exact * 1.01 + 0.002, "\(count) in \(span) s")
      }
    }
  }

  @Test func nothingOverflows() {
    #expect(Silence.needed(count: 0, span: .zero) == .longest)
    #expect(Silence.needed(count: 1, span: .longest) == .longest)
    #expect(Silence.needed(count: .max, span: .zero) == Silence.floor)
  }
}

@Suite struct QuietRuleTests {
  @Test func withoutAnArrivalSilenceProvesNothing() {
    var rule = rule()
    #expect(rule.quietAt == .never)
    rule.look(11)
    #expect(!rule.isQuiet(second(12)))
  }

  @Test func theWindowEndsAtALookAfterTheSilence() {
    var rule = rule()
    for number in 0..<20 { rule.strong(Double(number) / 10) }
    #expect(rule.quietAt == second(1.9) + Silence.floor || rule.quietAt > second(5.9))
    let quietAt = rule.quietAt
    #expect(!rule.isQuiet(quietAt))
    rule.looked(LookResult(begunAt: quietAt))
    #expect(rule.isQuiet(quietAt))
    rule.strong(6)
    #expect(!rule.isQuiet(quietAt))
  }

  @Test func theMinimumHoldsHoweverQuietItIs() {
    var rule = rule(30, 60)
    for number in 0..<100 { rule.strong(Double(number) / 100) }
    #expect(rule.quietAt == second(30))
  }

  @Test func anArrivalFromBeforeTheSignalCountsAsItsOwn() {
    var rule = rule()
    rule.strong(-5)
    #expect(rule.evidence.last == .zero)
  }

  @Test func whatWaitsToBeAcceptedAlwaysHolds() {
    var rule = rule()
    for number in 0..<20 { rule.strong(Double(number) / 10) }
    rule.look(7, waiting: true)
    #expect(!rule.isQuiet(second(7)))
    #expect(rule.nextLook == second(8))
    rule.look(8)
    #expect(rule.isQuiet(second(8)))
  }

  @Test func oldConnectionsHoldToTheMiddleOnly() {
    var rule = rule()
    for number in 0..<20 { rule.strong(Double(number) / 20) }
    rule.weak(4.5, from: 2)
    #expect(rule.quietAt == second(8.5))
    rule.weak(3, from: 2)
    rule.weak(8.4, from: 2)
    #expect(rule.quietAt == second(8.5))
    rule.look(8.5)
    #expect(rule.isQuiet(second(8.5)))
  }

  @Test func oneRequestOnAnOldConnectionHoldsForFourSeconds() {
    var rule = rule()
    for number in 0..<20 { rule.strong(Double(number) / 20) }
    rule.weak(2, from: 2)
    #expect(rule.quietAt == second(6))
  }

  @Test func aPoolsSilenceEndsTheWindow() {
    var rule = rule()
    for number in 0..<40 { rule.weak(Double(number) / 10) }
    #expect(rule.quietAt == second(3.9) + Silence.floor)
    // It still sends after the middle, and is not pinned: it has not heard.
    rule.weak(9)
    #expect(rule.quietAt > second(12))
  }

  @Test func aProxysNewConnectionsCountWithItsOldOnes() {
    var rule = rule()
    rule.strong(1)
    #expect(rule.quietAt > second(100))
    for number in 0..<40 { rule.weak(Double(number) / 10) }
    #expect(rule.quietAt == second(3.9) + Silence.floor)
    // One who never sends on an old connection is no proxy: then new connections alone count.
    rule.strong(1, from: 2)
    #expect(rule.quietAt > second(12))
  }

  @Test func aRequestInFlightAtTheSignalMakesNoProxy() {
    var rule = rule()
    // It was open at the first look and sent after it.
    rule.weak(0.01)
    for number in 1..<20 { rule.strong(Double(number) / 20) }
    for number in 0..<240 { rule.weak(Double(number) / 20, from: 2) }
    #expect(rule.quietAt == second(8.5))
  }

  @Test func theAskedSilenceNeedsNoRate() {
    var rule = rule(1, 60, asked: .seconds(2))
    #expect(rule.quietAt == second(2))
    rule.strong(3)
    #expect(rule.quietAt == second(5))
    rule.weak(4)
    #expect(rule.quietAt == second(6))
  }

  @Test func closedMeansThatNothingIsOpenAnyMore() {
    var rule = rule(1, 60, asked: .seconds(2))
    rule.look(3, open: 1)
    #expect(rule.isQuiet(second(3)) && !rule.isClosed(second(3)))
    #expect(rule.nextLook == second(4))
    rule.look(4, open: 0)
    #expect(rule.isClosed(second(4)))
  }

  @Test func looksAreASecondApartAndCostAFiftiethOfACoreAtMost() {
    var rule = rule(0, 60, asked: .seconds(1))
    rule.look(3)
    rule.strong(3)
    #expect(rule.nextLook == second(4))
    rule.looked(LookResult(begunAt: second(3), cost: .milliseconds(100)))
    rule.strong(3)
    #expect(rule.nextLook >= second(8))
  }

  @Test func looksAreTakenNowAndThenAndWhenTheWindowWouldEnd() {
    var rule = rule()
    #expect(rule.nextLook == second(1))
    rule.look(1)
    for number in 0..<20 { rule.strong(Double(number) / 10) }
    #expect(rule.nextLook == second(2))
    rule.look(4.9)
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
    for number in 0..<20 { rule.strong(Double(number) / 20, from: UInt32(number)) }
    for number in 0..<6 { rule.strong(2 * Double(number) + 0.3, from: 0x0a00_0001) }
    let holder = try #require(rule.evidence.holder)
    #expect(holder.address == .v4(0x0a00_0001))
    #expect(holder.rhythm == .seconds(2))
    #expect(holder.isRegular)
    #expect(rule.evidence.lateArrivals == 26)
    #expect(rule.evidence.last == .milliseconds(10_300))
  }

  @Test func aProbeThatABusyNodeDelaysIsStillOne() {
    var peer = Peer()
    for moment in [0, 1, 2.2, 3, 4] {
      peer.note(Arrival(.strong, at: second(moment), from: .v4(1)))
    }
    #expect(peer.isRegular)
  }

  @Test func aClientsArrivalsAreNoRhythm() {
    var peer = Peer()
    for moment in [0, 0.1, 3, 3.2] { peer.note(Arrival(.strong, at: second(moment), from: .v4(1))) }
    #expect(peer.rhythm != nil && !peer.isRegular)
  }

  @Test func moreThan64PeersAreSurvivedAndAHolderKeepsItsPlace() throws {
    var rule = rule()
    for number in 0..<1_000 {
      rule.strong(Double(number) / 100, from: UInt32(number + 10))
      if number % 50 == 0 { rule.strong(Double(number) / 100, from: 1) }
    }
    for number in 10..<20 { rule.strong(Double(number), from: 1) }
    #expect(try #require(rule.evidence.holder).address == .v4(1))
    // The one who came first has lost its place; that it was no proxy is remembered.
    for number in 900..<1_100 { rule.weak(10, from: UInt32(number)) }
    #expect(!rule.peers.areProxies)
  }

  @Test func afterAFaultSilenceMeansWhatItMeant() {
    var original = rule(3, 40)
    for number in 0..<40 { original.strong(Double(number) / 10, from: UInt32(number)) }
    var copy = rule(3, 40)
    copy.restore(original.memory, now: second(5))
    // One more for what nobody saw, and what was open is told by the first look.
    #expect(copy.strongCount == 41 && copy.missedCount == 1)
    #expect(copy.quietAt == second(5) + .seconds(4))
    #expect(!copy.peers.areProxies && !original.peers.areProxies)
    var empty = rule(3, 40)
    empty.restore(rule(3, 40).memory, now: second(5))
    #expect(empty.quietAt == .never)
  }
}
