import Foundation
import Testing

@testable import DrainCore

/// Seeded random lives of a container. `SIMULATION_SEED` and `SIMULATION_HISTORIES` set where it begins and how
/// many there are.
@Suite struct LifecycleSimulationTests {
  @Test func whateverHappensTheInvariantsHoldAndDrainitEnds() {
    let environment = ProcessInfo.processInfo.environment
    let seed =
      environment["SIMULATION_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<(1 << 53))
    let count = environment["SIMULATION_HISTORIES"].flatMap { UInt64($0) } ?? 20_000
    print("simulation: \(count) histories from SIMULATION_SEED=\(seed)")
    var reached = Reached()
    for number in seed..<(seed + count) {
      let history = History(seed: number)
      guard let violation = violation(of: history, &reached) else { continue }
      Issue.record("\(report(shortest(history), violation, number))")
      return
    }
    // A simulation that never reaches a phase proves nothing about it.
    if count >= 1_000 {
      #expect(reached.phases[1...6].allSatisfy { $0 > 0 } && reached.shortcuts > 0, "\(reached)")
    }
  }

  private struct Reached {
    var phases = [Int](repeating: 0, count: 8)
    var shortcuts = 0
  }

  private func violation(of history: History, _ reached: inout Reached) -> Violation? {
    var world = World(history)
    do throws(Violation) {
      try world.live(history)
      for phase in world.visited { reached.phases[Int(phase.rawValue)] += 1 }
      reached.shortcuts += world.shortcuts
      return nil
    } catch {
      return error
    }
  }

  /// Takes steps away as long as it still fails.
  private func shortest(_ history: History) -> History {
    var best = history
    var reached = Reached()
    var index = 0
    while index < best.steps.count {
      var shorter = best
      shorter.steps.remove(at: index)
      if violation(of: shorter, &reached) != nil { best = shorter } else { index += 1 }
    }
    return best
  }

  private func report(_ history: History, _ violation: Violation, _ seed: UInt64) -> String {
    let steps = history.steps.map { "  \($0)" }.joined(separator: "\n")
    return """
      \(violation) (SIMULATION_SEED=\(seed) SIMULATION_HISTORIES=1)
      window \(history.plan.window) \(history.plan.windowSource) grace \(String(describing: history.plan.grace)) \
      stop timeout \(String(describing: history.plan.stopTimeout)) orphans \(history.plan.orphans)
      \(history.app)
      \(steps)
      """
  }
}
