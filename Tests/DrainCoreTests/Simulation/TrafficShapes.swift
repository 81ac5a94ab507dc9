@testable import DrainCore

private let three = [Double](repeating: 1.0 / 3, count: 3)
private typealias Stop = StopTraffic

extension TrafficShape {
  /// Short propagation pays: the window ends early, and nothing is lost.
  static let short: [TrafficShape] = [
    .init("20/s, one balancer, 0.8–1.2 s", .ends(by: 7.2)) {
      $0.balance(20, [1], Stop.evenly(0.8, 1.2))
    },
    .init("5/s, one balancer, 0.8–1.2 s", .ends(by: 9.3)) {
      $0.balance(5, [1], Stop.evenly(0.8, 1.2))
    },
    .init("20/s, three balancers, 1–5 s", .ends(by: 9.9)) {
      $0.balance(20, three, Stop.evenly(1, 5))
    },
    .init("100/s, three balancers, 1–5 s", .ends(by: 9.9)) {
      $0.balance(100, three, Stop.evenly(1, 5))
    },
    .init("100/s in three kept-alive pools of 8, 1–5 s", .ends(by: 10)) {
      $0.balance(100, three, Stop.evenly(1, 5), pool: 8)
    },
    .init("20/s until 1 s, 200 connections that ping", .ends(by: 7.2)) {
      $0.send(20, until: 1)
      $0.pings(200)
    },
    .init("20/s until 1 s, a probe of the app's port every 10 s", .ends(by: 9.5)) {
      $0.send(20, until: 1)
      $0.probe(every: 10)
    },
    .init("20/s until 1 s, 100 idle HTTP/2 and WebSocket connections", .ends(by: 7.5)) {
      $0.send(20, until: 1)
      $0.pings(50)
      _ = $0.open(50)
    },
    .init("20/s, one balancer, 0.8–1.2 s, `5s..300s`", (5, 300), .ends(by: 8.5)) {
      $0.balance(20, [1], Stop.evenly(0.8, 1.2))
    },
    .init("20/s, three balancers, 10–30 s, `15s..60s`", (15, 60), .ends(by: 34)) {
      $0.balance(20, three, Stop.evenly(10, 30))
    },
    .init("100/s, three balancers, 10–30 s, `15s..60s`", (15, 60), .ends(by: 34)) {
      $0.balance(100, three, Stop.evenly(10, 30))
    },
    .init("20/s, three balancers, 30–90 s, `15s..130s`", (15, 130), .ends(by: 86)) {
      $0.balance(20, three, Stop.evenly(30, 90))
    },
    .init("100/s, three balancers, 30–90 s, `15s..130s`", (15, 130), .ends(by: 86)) {
      $0.balance(100, three, Stop.evenly(30, 90))
    },
  ]

  /// Paths, shares, pages, bursts: what a rule for Poisson arrivals through equal balancers breaks on.
  static let mixed: [TrafficShape] = paths + pages + bursts

  private static let paths: [TrafficShape] = [
    .init("19.4/s until 1 s, 0.6/s on another path, 5–10 s", .holds(0.02)) {
      $0.send(19.4, until: $0.between(0.8, 1.2))
      $0.send(0.6, until: $0.between(5, 10), from: 2)
    },
    .init("9/s until 1 s, 1/s on another path, 5–10 s", .holds(0.02)) {
      $0.send(9, until: $0.between(0.8, 1.2))
      $0.send(1, until: $0.between(5, 10), from: 2)
    },
    .init("20/s, shares of 94, 5 and 1 %, 1–10 s", .holds(0.02)) {
      $0.balance(20, [0.94, 0.05, 0.01], Stop.evenly(1, 10))
    },
    .init("100/s, shares of 94, 5 and 1 %, 1–10 s", .holds(0.02)) {
      $0.balance(100, [0.94, 0.05, 0.01], Stop.evenly(1, 10))
    },
  ]

  private static let pages: [TrafficShape] = {
    var shapes: [TrafficShape] = []
    for rate in [0.5, 1, 3] {
      for balancers in [1, 3] {
        for latest in [8.0, 10] {
          let through = balancers == 1 ? "one balancer" : "three"
          let name = "\(rate)/s pages of 6 connections, \(through), 1–\(Int(latest)) s"
          shapes.append(
            TrafficShape(name, .holds(0.02)) {
              $0.pages(rate, through: balancers, Stop.evenly(1, latest))
            })
        }
      }
    }
    return shapes
  }()

  private static let bursts: [TrafficShape] = [
    .init("1/s, each twice within 3 ms (a proxy and its server), 1–8 s", .holds(0.02)) {
      $0.pages(1, Stop.evenly(1, 8), connections: 2, within: 0.003)
    },
    .init("a cron job of 40 connections every 5 s, 1–10 s", .holds(0.02)) {
      $0.cron(40, every: 5, within: 0.4, Stop.evenly(1, 10))
    },
    .init("a cron job of 40 connections every 8 s, 1–10 s", .holds(0.02)) {
      $0.cron(40, every: 8, within: 0.4, Stop.evenly(1, 10))
    },
    .init("seconds of 30/s between pauses of 4 s, one balancer, 1–10 s", .holds(0.02)) {
      $0.onAndOff(1, Stop.evenly(1, 10))
    },
    .init("seconds of 30/s between pauses of 4 s, three, 1–10 s", .holds(0.02)) {
      $0.onAndOff(3, Stop.evenly(1, 10))
    },
    .init("a storm of 200 within 0.3 s, then 0.5/s, 1–10 s", .holds(0.02)) {
      for _ in 0..<200 { $0.add(.init(at: $0.between(0, 0.3), peer: 7)) }
      $0.send(0.5, until: $0.between(1, 10))
    },
    .init("Pareto gaps, 2/s, 1–10 s", .holds(0.02)) { $0.pareto(Stop.evenly(1, 10)) },
    .init("2 clients, each every 5 s, 1–10 s", .holds(0.02)) {
      $0.clients(2, every: 5, Stop.evenly(1, 10))
    },
    .init("10 clients, each every 5 s, 1–10 s", .holds(0.02)) {
      $0.clients(10, every: 5, Stop.evenly(1, 10))
    },
    .init("100 clients, each every 5 s, 1–10 s", .holds(0.02)) {
      $0.clients(100, every: 5, Stop.evenly(1, 10))
    },
  ]

  /// Pools, sessions, old connections and slow requests.
  static let kept: [TrafficShape] = [
    .init("50/s in a pool of 16, 1–10 s, and 10/s until 1 s", .holds(0.02)) {
      $0.send(50, until: $0.between(1, 10), pool: 16)
      $0.send(10, until: 1, from: 2)
    },
    .init("50/s in a pool of 16, 1–10 s, and 0.3/s until 1 s", .holds(0.02)) {
      $0.send(50, until: $0.between(1, 10), pool: 16)
      $0.send(0.3, until: 1, from: 2)
    },
    .init("50/s in a pool of 16, and a probe of the app's port every second", .lasts) {
      $0.send(50, until: $0.between(1, 10), pool: 16)
      $0.probe(every: 1)
    },
    .init("50/s in a pool of 16, and a probe of the app's port every 10 s", .holds(0.02)) {
      $0.send(50, until: $0.between(1, 10), pool: 16)
      $0.probe(every: 10)
    },
    .init("0.3/s sessions of 10 requests in 4 s, three balancers, 1–10 s", .holds(0.02)) {
      $0.sessions(0.3, requests: 10, over: 4, through: 3, Stop.evenly(1, 10))
    },
    .init("1/s sessions of 10 requests in 4 s, three balancers, 1–10 s", .holds(0.02)) {
      $0.sessions(1, requests: 10, over: 4, through: 3, Stop.evenly(1, 10))
    },
    .init("0.5/s sessions of 20 requests behind one address, 1–8 s", .holds(0.02)) {
      $0.sessions(0.5, requests: 20, over: 4, through: 1, Stop.evenly(1, 8), hidden: true)
    },
    .init("50 WebSockets that leave within 1 s, and 0.3/s, 1–10 s", .holds(0.02)) {
      $0.old(50, 20, until: 1)
      $0.send(0.3, until: $0.between(1, 10))
    },
    .init("50 WebSockets that leave within 1 s, and 1/s, 1–10 s", .holds(0.02)) {
      $0.old(50, 20, until: 1)
      $0.send(1, until: $0.between(1, 10))
    },
    .init("10 clients that never leave, 20/s, and 5/s until 1 s", .lasts) {
      $0.old(10, 20, until: 40)
      $0.send(5, until: 1, from: 2)
    },
    .init("40/s until 1 s, and one request of 6 s that is seen in flight", .holds(0.02)) {
      $0.send(40, until: 1)
      let last = $0.packets.map(\.at).max() ?? 0
      $0.add(.init(at: last + $0.unit(), peer: 5, lasts: 6))
    },
  ]

  /// Clouds that take a minute.
  static let slow: [TrafficShape] = {
    var shapes: [TrafficShape] = []
    for (low, high, maximum) in [(30.0, 45.0, Int64(60)), (60, 100, 130)] {
      for isProbed in [false, true] {
        for rate in [0.1, 0.2, 1, 2] {
          let what = rate == 2 ? "2/s" : "\(rate)/s pages of 6"
          let beside = isProbed ? ", 3 probers every 15 s" : ""
          let name = "\(what), \(Int(low))–\(Int(high)) s\(beside), `15s..\(maximum)s`"
          shapes.append(
            TrafficShape(name, (15, maximum), .holds(0.04)) {
              let hears = Stop.evenly(low, high)
              if rate == 2 { $0.balance(2, [1], hears) } else { $0.pages(rate, hears) }
              if isProbed { for peer in 91...93 { $0.probe(every: 15, from: UInt32(peer)) } }
            })
        }
      }
    }
    shapes.append(
      TrafficShape(
        "10 connections at once every 15 s, 20–40 s, `10s..45s`", (10, 45), .holds(0.04)
      ) { $0.cron(10, every: 15, within: 0.1, Stop.evenly(20, 40)) })
    return shapes
  }()

  /// Where a fixed wait of the maximum loses, too.
  static let beyond: [TrafficShape] = {
    var shapes: [TrafficShape] = []
    for (median, sigma) in [(1.2, 0.7), (2, 0.8)] {
      for rate in [5.0, 20, 50] {
        let name = "\(Int(rate))/s, 20 balancers by Zipf, lognormal \(median) s"
        shapes.append(
          TrafficShape(name, .ownLoss) {
            let weights = (1...20).map { 1 / Double($0) }
            let sum = weights.reduce(0, +)
            $0.balance(rate, weights.map { $0 / sum }, Stop.lognormally(median, sigma))
          })
      }
    }
    let hearings: [(String, Stop.Hearing)] = [
      ("exponential", Stop.exponentially(2)), ("lognormal", Stop.lognormally(2, 0.8)),
    ]
    for (law, hears) in hearings {
      shapes.append(
        TrafficShape("200 clients at 0.1/s each, \(law) 2 s", .ownLoss) {
          for client in 0..<200 {
            let heard = hears(&$0)
            $0.send(0.1, until: heard, from: UInt32(client))
          }
        })
    }
    shapes.append(
      TrafficShape("100 clients, each every 10 s, lognormal 2 s", .ownLoss) {
        $0.clients(100, every: 10, Stop.lognormally(2, 0.8))
      })
    return shapes
  }()
}
