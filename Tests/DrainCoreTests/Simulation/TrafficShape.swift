import Foundation
import Testing

@testable import DrainCore

/// One shape of traffic, and what a window of it must come to.
struct TrafficShape: CustomTestStringConvertible, Sendable {
  /// What the rule must do with it.
  enum Bound: Sendable {
    /// End early: a mean window of at most so many seconds, and no stop hit.
    case ends(by: Double)
    /// At most this share of stops hit.
    case holds(Double)
    /// Last the maximum.
    case lasts
    /// Lose at most 1.1 times what a fixed wait of the maximum loses, and two points.
    case ownLoss
  }

  var name: String
  var minimum: Int64 = 5
  var maximum: Int64 = 12
  var bound: Bound
  var make: @Sendable (inout StopTraffic) -> Void

  init(
    _ name: String, _ window: (Int64, Int64), _ bound: Bound,
    _ make: @escaping @Sendable (inout StopTraffic) -> Void
  ) {
    self.name = name
    (minimum, maximum) = window
    self.bound = bound
    self.make = make
  }

  init(
    _ name: String, _ bound: Bound, _ make: @escaping @Sendable (inout StopTraffic) -> Void
  ) {
    self.init(name, (5, 12), bound, make)
  }

  var testDescription: String { name }

  var window: DrainRange {
    DrainRange(minimum: .seconds(minimum), maximum: .seconds(maximum))
  }
}

/// What many stops of one shape came to.
struct StopResults {
  var window = 0.0
  var hits = 0
  /// Stops in which a fixed wait of the maximum loses a request.
  var ownHits = 0
  var looks = 0
  var fixedHits: [Int]
  let stops: Int

  static let fixed = [5.0, 10, 12, 15]

  init(_ shape: TrafficShape, stops: Int, seed: UInt64) {
    self.stops = stops
    fixedHits = [Int](repeating: 0, count: StopResults.fixed.count)
    let maximum = Double(shape.maximum)
    var countsAll = false
    if case .ownLoss = shape.bound { countsAll = true }
    // A generator's neighbours are far apart: its numbers are the stops' seeds.
    var seeds = Random(seed: seed)
    for _ in 0..<stops {
      let traffic = StopTraffic(seed: seeds.next(), shape.make)
      var run = StopRun(shape.window, traffic)
      let end = run.end()
      window += end / Double(stops)
      looks += run.looks
      let requests = traffic.packets.filter { $0.isRequest }
      // What ends after the maximum is the platform's loss, not the rule's.
      if requests.contains(where: { $0.end > end && (countsAll || $0.end <= maximum) }) {
        hits += 1
      }
      if requests.contains(where: { $0.end > maximum }) { ownHits += 1 }
      let last = requests.map(\.end).max() ?? 0
      for (index, wait) in StopResults.fixed.enumerated() where last > wait {
        fixedHits[index] += 1
      }
    }
  }

  var share: Double { Double(hits) / Double(stops) }
  var ownShare: Double { Double(ownHits) / Double(stops) }

  /// A row of the table in docker/docs/window.md.
  func row(_ shape: TrafficShape) -> String {
    let percent = { (hits: Int) -> String in
      let share = 100 * Double(hits) / Double(stops)
      if share == 0 { return "0" }
      if share < 0.05 { return "< 0.1 %" }
      return String(format: share >= 9.95 ? "%.0f %%" : "%.1f %%", share)
    }
    let window = String(format: "%.1f s", window)
    return "| \(shape.name) | \(window) | \(percent(hits)) | "
      + fixedHits.map(percent).joined(separator: " | ") + " |"
  }
}
