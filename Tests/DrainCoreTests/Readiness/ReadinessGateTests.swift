import Testing

@testable import DrainCore

func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

func checks(_ texts: String...) -> [Check] {
  texts.map { Check(text: Array($0.utf8), kind: .none) }
}

/// A gate, its clock, and what it asked for.
final class GateBench {
  var gate: ReadinessGate

  init(
    _ checks: [Check], every: Int64 = 250, successes: UInt32 = 1, warmup: Int64 = 0,
    memory: GateMemory = GateMemory()
  ) {
    gate = ReadinessGate(
      checks: CheckSchedule(checks: checks, every: .milliseconds(every)),
      settings: GateSettings(successes: successes, warmup: .milliseconds(warmup)), memory: memory)
  }

  /// The checks that an event starts.
  func run(_ event: GateEvent, _ milliseconds: Int64) -> [Int] {
    let effects = gate.handle(event, at: at(milliseconds))
    var mask = effects.run
    var list: [Int] = []
    while let check = mask.popFirst() { list.append(check) }
    return list
  }

  /// Lets a check end; true where the gate opened by it.
  func finish(_ check: Int, holds: Bool, _ milliseconds: Int64) -> Bool {
    gate.handle(
      .finished(check: check, holds ? .holds : .fails(.refused)), at: at(milliseconds)
    ).hasOpened
  }
}

@Suite struct ReadinessGateTests {
  @Test func checksRunByThemselvesUntilTheGateOpens() {
    let bench = GateBench(checks("a", "b"))
    #expect(bench.gate.nextDeadline == .never)
    #expect(bench.run(.started, 1000) == [0, 1])
    #expect(bench.gate.nextDeadline == .never)
    #expect(!bench.finish(0, holds: true, 1010))
    #expect(!bench.finish(1, holds: false, 1100))
    #expect(bench.gate.nextDeadline == at(1250))
    #expect(bench.run(.deadline, 1200) == [])
    #expect(bench.run(.deadline, 1250) == [0, 1])
    #expect(!bench.finish(0, holds: true, 1251))
    #expect(bench.finish(1, holds: true, 1252))
    #expect(bench.gate.isOpen)
    #expect(bench.gate.nextDeadline == .never)
    #expect(bench.run(.deadline, 9999) == [])
  }

  @Test func aSlowRoundIsFollowedAtOnce() {
    let bench = GateBench(checks("a"))
    #expect(bench.run(.started, 0) == [0])
    #expect(bench.run(.deadline, 900) == [])
    #expect(bench.run(.finished(check: 0, .fails(.timedOut)), 1000) == [0])
  }

  @Test func successesMustComeInARow() {
    let bench = GateBench(checks("a"), successes: 3)
    var opened: [Bool] = []
    _ = bench.run(.started, 0)
    for (round, holds) in [true, true, false, true, true, true].enumerated() {
      opened.append(bench.finish(0, holds: holds, Int64(round) * 250 + 1))
      _ = bench.run(.deadline, Int64(round + 1) * 250)
    }
    #expect(opened == [false, false, false, false, false, true])
  }

  @Test func aFailureInTheWarmUpStartsItAgain() {
    let bench = GateBench(checks("a"), warmup: 400)
    _ = bench.run(.started, 0)
    #expect(!bench.finish(0, holds: true, 10))
    #expect(bench.gate.nextDeadline == at(250))
    _ = bench.run(.deadline, 250)
    #expect(!bench.finish(0, holds: false, 260))
    _ = bench.run(.deadline, 500)
    #expect(!bench.finish(0, holds: true, 510))
    _ = bench.run(.deadline, 750)
    #expect(!bench.finish(0, holds: true, 760))
    #expect(bench.gate.nextDeadline == at(910))
    #expect(!bench.gate.handle(.deadline, at: at(909)).hasOpened)
    #expect(bench.gate.handle(.deadline, at: at(910)).hasOpened)
  }

  @Test func whoAsksBeforeItOpensIsAnsweredAtOnce() {
    let bench = GateBench(checks("a"))
    #expect(bench.gate.handle(.asked, at: at(0)).answer)
    _ = bench.run(.started, 0)
    let effects = bench.gate.handle(.asked, at: at(1))
    #expect(effects.answer && effects.run.isEmpty)
  }

  @Test func onceOpenAskersShareARound() {
    let bench = opened()
    var effects = bench.gate.handle(.asked, at: at(10_000))
    #expect(!effects.answer && effects.run.contains(0))
    effects = bench.gate.handle(.asked, at: at(10_900))
    #expect(!effects.answer && effects.run.isEmpty)
    effects = bench.gate.handle(.finished(check: 0, .fails(.status(500))), at: at(10_950))
    #expect(effects.answer && effects.run.isEmpty && !effects.hasOpened)
    #expect(!bench.gate.checks.allHold)
    #expect(bench.gate.checks.duration(of: 0) == .milliseconds(950))
    #expect(bench.gate.isOpen)
  }

  @Test func onceOpenAChecksRunsAtMostOncePerPeriod() {
    let bench = opened()
    #expect(bench.run(.asked, 10_000) == [0])
    _ = bench.finish(0, holds: true, 10_001)
    let effects = bench.gate.handle(.asked, at: at(10_249))
    #expect(effects.answer && effects.run.isEmpty)
    #expect(bench.run(.asked, 10_250) == [0])
  }

  @Test func aStopAnswersWhoWaitsAndRunsNothingMore() {
    let bench = opened()
    _ = bench.run(.asked, 10_000)
    #expect(bench.gate.handle(.stopped, at: at(10_001)).answer)
    #expect(bench.gate.handle(.finished(check: 0, .holds), at: at(10_002)) == GateEffects())
    let effects = bench.gate.handle(.asked, at: at(20_000))
    #expect(effects.answer && effects.run.isEmpty)
    let closed = GateBench(checks("a"))
    _ = closed.run(.started, 0)
    _ = closed.run(.stopped, 1)
    #expect(closed.gate.nextDeadline == .never)
    #expect(closed.run(.deadline, 9999) == [])
  }

  @Test func anOutcomeNobodyAwaitsIsIgnored() {
    let bench = GateBench(checks("a"))
    _ = bench.run(.started, 0)
    for check in [-1, 1, 15, 16, 1000] {
      #expect(bench.gate.handle(.finished(check: check, .holds), at: at(1)) == GateEffects())
    }
  }

  @Test func aGateThatWasOpenIsOpenAfterAFault() {
    var memory = GateMemory()
    memory.isOpen = true
    let bench = GateBench(checks("a"), memory: memory)
    #expect(bench.run(.started, 5000) == [])
    #expect(bench.gate.isOpen)
    #expect(bench.run(.asked, 5001) == [0])
  }

  @Test func moreChecksThanFitAreNotTaken() {
    let many = (0..<40).map { Check(text: Array("c\($0)".utf8), kind: .none) }
    let bench = GateBench(many)
    #expect(bench.run(.started, 0) == Array(0..<16))
    #expect(bench.gate.checks.count == 16)
  }

  @Test func whateverHappensTheGateOpensOnceAndOnlyAfterEnoughSuccesses() {
    var random = Random(seed: 8)
    for _ in 0..<2000 {
      let successes = UInt32.random(in: 1...4, using: &random)
      let warmup = Int64.random(in: 0...1, using: &random) * 600
      let bench = GateBench(checks("a", "b"), successes: successes, warmup: warmup)
      var now: Int64 = 0
      var pending: Set<Int> = []
      var row: UInt32 = 0
      var heldSince: Int64?
      var openings = 0
      func take(_ effects: GateEffects) {
        var mask = effects.run
        while let check = mask.popFirst() {
          #expect(!pending.contains(check))
          pending.insert(check)
        }
        guard effects.hasOpened else { return }
        openings += 1
        #expect(row >= successes)
        #expect(now - (heldSince ?? now) >= warmup)
      }
      take(bench.gate.handle(.started, at: at(0)))
      for step in 0..<200 {
        now += Int64.random(in: 0...300, using: &random)
        let isCalm = step > 150
        if let check = pending.randomElement(using: &random) {
          let holds = isCalm || Bool.random(using: &random)
          let wasLast = pending.count == 1
          pending.remove(check)
          let other = bench.gate.checks.outcome(of: 1 - check).doesHold
          if wasLast && !bench.gate.isOpen {
            row = holds && other ? row + 1 : 0
            if row == 0 { heldSince = nil } else if row == successes { heldSince = now }
          }
          take(
            bench.gate.handle(
              .finished(check: check, holds ? .holds : .fails(.refused)), at: at(now)))
        } else if Bool.random(using: &random) {
          take(bench.gate.handle(.asked, at: at(now)))
        } else {
          take(bench.gate.handle(.deadline, at: at(now)))
        }
      }
      #expect(openings == 1)
    }
  }

  private func opened() -> GateBench {
    let bench = GateBench(checks("a"))
    _ = bench.run(.started, 0)
    #expect(bench.finish(0, holds: true, 1))
    return bench
  }
}
