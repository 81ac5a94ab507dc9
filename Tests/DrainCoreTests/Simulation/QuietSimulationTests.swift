import Foundation
import Testing

@testable import DrainCore

/// The rule that ends the window, over every shape of traffic that it is answerable for.
///
/// `SIMULATION_STOPS` and `QUIET_SEED` set how many stops a shape has and where they begin. The
/// bounds are those of 10,000 stops of the fixed seed; fewer, or another seed, are given the room that
/// chance needs. It prints the table of docker/docs/window.md.
@Suite(.serialized) struct QuietSimulationTests {
  static let stops = number("SIMULATION_STOPS") ?? 200
  static let seed = UInt64(number("QUIET_SEED") ?? 1)

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  static let tables: [(String, [TrafficShape])] = [
    ("What ends early", TrafficShape.short), ("What must hold", TrafficShape.mixed),
    ("Kept connections and slow requests", TrafficShape.kept), ("Slow clouds", TrafficShape.slow),
    ("Where a fixed wait of MAX loses, too", TrafficShape.beyond),
  ]

  @Test(arguments: QuietSimulationTests.tables)
  func theWindowEndsWithTheTrafficAndNoSooner(title: String, shapes: [TrafficShape]) {
    print("\n| \(title) | window | hit | 5 s | 10 s | 12 s | 15 s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for shape in shapes {
      let results = StopResults(
        shape, stops: QuietSimulationTests.stops, seed: QuietSimulationTests.seed)
      print(results.row(shape))
      judge(shape, results)
    }
  }

  private func judge(_ shape: TrafficShape, _ results: StopResults) {
    let isExact = results.stops >= 10_000 && QuietSimulationTests.seed == 1
    // Half a point for another seed, and three standard deviations for fewer stops.
    let room = { (share: Double) -> Double in
      let deviation = (max(share, 0.001) * (1 - share) / Double(results.stops)).squareRoot()
      return isExact ? 0 : 0.005 + 3 * deviation
    }
    let told = Comment(rawValue: results.row(shape))
    switch shape.bound {
    case .ends(let longest):
      #expect(results.window <= longest + (isExact ? 0 : 0.4), told)
      #expect(results.share <= room(0), told)
    case .holds(let share): #expect(results.share <= share + room(share), told)
    case .lasts: #expect(results.window > Double(shape.maximum) - 0.001 && results.hits == 0, told)
    case .ownLoss:
      let share = 1.1 * results.ownShare + 0.02
      #expect(results.share <= share + room(min(share, 0.5)), told)
    }
  }
}
