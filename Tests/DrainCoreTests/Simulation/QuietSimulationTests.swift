import Foundation
import Testing

@testable import DrainCore

/// One kind of rollout, and what it must come to.
struct RolloutRow: CustomTestStringConvertible {
  var name: String
  var rollout: Rollout
  /// The longest mean window, in seconds.
  var window = 12.0
  /// The largest share of stops that a late request may hit.
  var hits = 0.0

  var testDescription: String { name }
}

/// The rule that ends the window, over thousands of stops. `SIMULATION_SEED` and `SIMULATION_STOPS` set
/// where it begins and how many stops a row has.
@Suite struct QuietSimulationTests {
  static let stops = number("SIMULATION_STOPS") ?? 100
  static let seed = number("SIMULATION_SEED").map { UInt64($0) } ?? UInt64.random(in: 0..<(1 << 53))

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test func theWindowEndsWithTheTrafficAndNoSooner() {
    print(
      "\(QuietSimulationTests.stops) stops a row from SIMULATION_SEED=\(QuietSimulationTests.seed)")
    print("                                                this rule           fixed waits of")
    print(
      "traffic through balancers that hear late        window    hit         5 s    15 s    30 s")
    for row in RolloutRow.table {
      let result = RolloutResult(
        row.rollout, stops: QuietSimulationTests.stops, seed: QuietSimulationTests.seed)
      print(result.line(row.name))
      let share = Double(result.hits) / Double(result.stops)
      // Three standard deviations of what chance allows in so few stops.
      let slack = 3 * (row.hits * (1 - row.hits) / Double(result.stops)).squareRoot()
      #expect(
        share <= row.hits + slack, "\(row.name), SIMULATION_SEED=\(QuietSimulationTests.seed)")
      #expect(
        result.window <= row.window + 0.4,
        "\(row.name), SIMULATION_SEED=\(QuietSimulationTests.seed)")
    }
  }

  @Test(arguments: [3.0, 8.0]) func aRequestASecondThatStopsLateIsNotLost(last: Double) {
    let origin = Instant(nanoseconds: 0)
    let window = DrainRange(minimum: .seconds(5), maximum: .seconds(12))
    var rule = QuietRule(window: window)
    rule.begin(at: origin)
    var now = origin
    var next = 0.5
    while true {
      let at = Instant(nanoseconds: Int64(next * 1e9))
      if next <= last && at <= rule.nextLook {
        rule.arrived(Arrival(.strong, at: at, from: .v4(1)))
        next += 1
        continue
      }
      now = rule.nextLook
      if now >= origin + window.maximum { break }
      rule.looked(LookResult(begunAt: now))
      if rule.isQuiet(now) { break }
    }
    #expect(Double(now.nanoseconds) / 1e9 > last)
  }
}

extension RolloutRow {
  /// The design's table, the noises of its own, and what lies beside them. A window is the design's or
  /// shorter; where it has none, it is the maximum.
  static let table: [RolloutRow] =
    propagation + pools + noises + slow

  private static let propagation: [RolloutRow] = {
    let windows: [Double: [String: Double]] = [
      1: ["1 s": 11.7, "1-5 s": 11.5], 5: ["1 s": 7.4, "1-5 s": 8.0, "1-10 s": 11.7],
      20: ["1 s": 5.7, "1-5 s": 8.5], 100: ["1 s": 5.8, "1-5 s": 8.8],
    ]
    var rows: [RolloutRow] = []
    for (name, range) in [("1 s", 0.8...1.2), ("1-5 s", 1.0...5.0), ("1-10 s", 1.0...10.0)] {
      for balancers in [1, 3, 20] {
        for rate in [1.0, 5, 20, 100] {
          // The budgets: none up to 5 s at 5/s and more, 2 % up to 10 s at any rate.
          let isSure = range.upperBound <= 5 && rate >= 5
          rows.append(
            RolloutRow(
              name: "\(Int(rate))/s through \(balancers), \(name)",
              rollout: Rollout(balancers: balancers, propagation: range, rate: rate),
              window: windows[rate]?[name] ?? 12, hits: isSure ? 0 : 0.02))
        }
      }
    }
    return rows
  }()

  private static let pools: [RolloutRow] = [1, 3, 20].flatMap { balancers in
    [
      RolloutRow(
        name: "100/s in pools of 8 through \(balancers), 1-5 s",
        rollout: Rollout(balancers: balancers, rate: 100, pool: 8), window: 8.8),
      RolloutRow(
        name: "  and 2 % on new connections",
        rollout: Rollout(balancers: balancers, rate: 100, pool: 8, newShare: 0.02), window: 8.8),
      // HAProxy and Envoy send what they can on one connection.
      RolloutRow(
        name: "100/s in pools of 1 through \(balancers), 1-5 s",
        rollout: Rollout(balancers: balancers, rate: 100, pool: 1), window: 8.8),
      RolloutRow(
        name: "20/s in pools of 2 through \(balancers), 1-5 s",
        rollout: Rollout(balancers: balancers, rate: 20, pool: 2), window: 9.5),
    ]
  }

  private static let noises: [RolloutRow] = [5.0, 20.0].flatMap { rate in
    let kinds: [(String, Rollout.Noise, Double)] = [
      ("200 pinging connections", .pings(connections: 200), rate == 5 ? 7.4 : 5.7),
      ("pinned clients at 20/s", .pinned(rate: 20), 9.5),
      ("a scraper's connection each 15 s", .scraper(every: 15), rate == 5 ? 7.8 : 6.2),
      ("a probe each 10 s", .prober(every: 10), rate == 5 ? 8.7 : 6.5),
      ("a probe each 5 s", .prober(every: 5), rate == 5 ? 9.8 : 7.3),
      ("a probe each 3 s", .prober(every: 3), 12), ("a probe a second", .prober(every: 1), 12),
    ]
    return kinds.map { name, noise, window in
      RolloutRow(
        name: "\(Int(rate))/s, 1 s, and \(name)",
        rollout: Rollout(propagation: 0.8...1.2, rate: rate, clients: 50, noises: [noise]),
        window: window)
    }
  }

  private static let slow: [RolloutRow] = [1, 3, 20].flatMap { balancers in
    [1.0, 5, 20, 100].map { rate in
      RolloutRow(
        name: "\(Int(rate))/s through \(balancers), 5-25 s, --drain 10s..35s",
        rollout: Rollout(
          balancers: balancers, propagation: 5...25, rate: rate,
          window: DrainRange(minimum: .seconds(10), maximum: .seconds(35))),
        window: 35, hits: rate >= 20 ? 0.01 : 0.06)
    }
  }
}
