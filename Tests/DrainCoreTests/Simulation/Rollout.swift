import Foundation

@testable import DrainCore

/// A container's traffic from its drain signal on: who sends, how fast, and when each learns of it.
struct Rollout {
  /// How many balancers send, each on its own account.
  var balancers = 3
  /// When each of them has heard, in seconds after the signal: evenly spread.
  var propagation: ClosedRange<Double> = 1...5
  /// Requests a second, all balancers together.
  var rate = 20.0
  /// How many connections each balancer keeps; 0: each request comes on a new one.
  var pool = 0
  /// The share of a pool's requests that nevertheless come on a new connection.
  var newShare = 0.0
  /// Clients that the balancers hide: each request's peer is one of so many; 0: the balancer's own.
  var clients = 0
  /// What goes on beside it, and is no loss.
  var noises: [Noise] = []
  /// The window.
  var window = DrainRange(minimum: .seconds(5), maximum: .seconds(12))

  enum Noise {
    /// New connections, one every so many seconds: a kubelet's probe of the app's port.
    case prober(every: Double)
    /// Requests on one kept-alive connection, one every so many seconds.
    case scraper(every: Double)
    /// So many open connections, each with a ping of at most 46 bytes every 10 to 30 s.
    case pings(connections: Int)
    /// Clients that stay on their old connections, at so many requests a second.
    case pinned(rate: Double)
  }
}

/// One stop: what the sockets do, second by second.
struct StopTraffic {
  /// Something that the kernel could tell of.
  struct Packet {
    var at: Double
    /// The open connection it comes on; nil: a new one that is closed at once.
    var connection: Int?
    var peer: UInt32
    var bytes: UInt32
    /// Whether it is lost where the app has closed its sockets.
    var isRequest: Bool
  }

  private(set) var packets: [Packet] = []
  private(set) var connections = 0
  private var random: Random
  private let end: Double

  init(_ rollout: Rollout, seed: UInt64) {
    random = Random(seed: seed)
    end = Double(rollout.window.maximum.nanoseconds) / 1e9 + 40
    for balancer in 0..<rollout.balancers {
      let heard =
        rollout.propagation.lowerBound
        + unit() * (rollout.propagation.upperBound - rollout.propagation.lowerBound)
      send(rollout, from: UInt32(balancer + 1), until: heard)
    }
    for noise in rollout.noises { add(noise) }
    packets.sort { $0.at < $1.at }
  }

  /// When the last request came, in seconds.
  var lastRequest: Double { packets.last { $0.isRequest }?.at ?? 0 }

  private mutating func unit() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

  private mutating func send(_ rollout: Rollout, from peer: UInt32, until heard: Double) {
    let rate = rollout.rate / Double(rollout.balancers)
    let first = connections
    connections += rollout.pool
    var at = 0.0
    while true {
      at -= log(1 - unit()) / rate
      if at > heard { return }
      let isNew = rollout.pool == 0 || unit() < rollout.newShare
      let connection = isNew ? nil : first + random.below(rollout.pool)
      let client = rollout.clients == 0 ? peer : UInt32(1_000 + random.below(rollout.clients))
      packets.append(
        Packet(at: at, connection: connection, peer: client, bytes: 400, isRequest: true))
    }
  }

  private mutating func add(_ noise: Rollout.Noise) {
    switch noise {
    case .prober(let every):
      periodic(every, connection: nil, peer: 0xffff, bytes: 100)
    case .scraper(let every):
      periodic(every, connection: connections, peer: 0xfffe, bytes: 300)
      connections += 1
    case .pings(let count):
      for number in 0..<count {
        let every = 10 + 20 * unit()
        periodic(
          every, connection: connections + number, peer: 0x1_0000 + UInt32(number), bytes: 46)
      }
      connections += count
    case .pinned(let rate):
      var at = 0.0
      while at < end {
        at -= log(1 - unit()) / rate
        let number = random.below(10)
        packets.append(
          Packet(
            at: at, connection: connections + number, peer: 0x2_0000 + UInt32(number), bytes: 200,
            isRequest: false))
      }
      connections += 10
    }
  }

  private mutating func periodic(_ every: Double, connection: Int?, peer: UInt32, bytes: UInt32) {
    var at = unit() * every
    while at < end {
      packets.append(
        Packet(at: at, connection: connection, peer: peer, bytes: bytes, isRequest: false))
      at += every
    }
  }
}

/// The observer as the rule sees it: a new connection shows when it closes, bytes show at a look.
struct StopRun {
  private var rule: QuietRule
  private let traffic: StopTraffic
  private var bytes: [UInt32]
  private var segments: [UInt32]
  private var lastReceived: [Double]
  private var peers: [UInt32]
  private var place = 0
  private let origin = Instant(nanoseconds: 1_000_000_000_000)
  private(set) var looks = 0

  init(_ rollout: Rollout, _ traffic: StopTraffic, asked: Interval? = nil) {
    rule = QuietRule(window: rollout.window, asked: asked)
    rule.begin(at: origin)
    self.traffic = traffic
    bytes = [UInt32](repeating: 0, count: traffic.connections)
    segments = bytes
    lastReceived = [Double](repeating: 0, count: traffic.connections)
    peers = [UInt32](repeating: 0, count: traffic.connections)
  }

  /// Runs to the window's end and returns it, in seconds after the signal.
  mutating func end() -> (seconds: Double, rule: QuietRule) {
    let limit = origin + rule.window.maximum
    while true {
      let next = min(rule.nextLook, limit)
      if place < traffic.packets.count, moment(traffic.packets[place].at) <= next {
        receive(traffic.packets[place])
        place += 1
        continue
      }
      if next == limit { return (seconds(limit), rule) }
      look(next)
      if rule.isQuiet(next) { return (seconds(next), rule) }
    }
  }

  private mutating func receive(_ packet: StopTraffic.Packet) {
    if let connection = packet.connection {
      bytes[connection] += packet.bytes
      segments[connection] += 1
      lastReceived[connection] = packet.at
      peers[connection] = packet.peer
    } else {
      rule.arrived(Arrival(.strong, at: moment(packet.at), from: .v4(packet.peer)))
    }
  }

  private mutating func look(_ now: Instant) {
    looks += 1
    for index in bytes.indices {
      if bytes[index] > 48 {
        rule.arrived(
          Arrival(
            .weak, at: moment(lastReceived[index]), from: .v4(peers[index]),
            count: min(segments[index], bytes[index] / 48)))
      }
      bytes[index] = 0
      segments[index] = 0
    }
    rule.looked(LookResult(begunAt: now, openConnections: UInt32(bytes.count)))
  }

  private func moment(_ seconds: Double) -> Instant {
    origin + Interval(nanoseconds: Int64(seconds * 1e9))
  }

  private func seconds(_ moment: Instant) -> Double {
    Double(moment.since(origin).nanoseconds) / 1e9
  }
}

/// What many stops of one kind came to.
struct RolloutResult {
  var window = 0.0
  var hits = 0
  var ends = 0
  var looks = 0
  var fixedHits: [Int]
  let stops: Int

  static let fixed = [5.0, 15.0, 30.0]

  init(_ rollout: Rollout, stops: Int, seed: UInt64) {
    self.stops = stops
    fixedHits = [Int](repeating: 0, count: RolloutResult.fixed.count)
    for number in 0..<stops {
      let traffic = StopTraffic(rollout, seed: seed &+ UInt64(number) &* 7_919)
      var run = StopRun(rollout, traffic)
      let end = run.end()
      window += end.seconds / Double(stops)
      looks += run.looks
      if traffic.lastRequest > end.seconds { hits += 1 }
      if end.seconds < Double(rollout.window.maximum.nanoseconds) / 1e9 { ends += 1 }
      for (index, wait) in RolloutResult.fixed.enumerated() where traffic.lastRequest > wait {
        fixedHits[index] += 1
      }
    }
  }

  func line(_ name: String) -> String {
    let share = { (hits: Int) in String(format: "%5.1f %%", 100 * Double(hits) / Double(self.stops))
    }
    let head = name.padding(toLength: 46, withPad: " ", startingAt: 0)
    let own = String(format: "%5.1f s ", window) + share(hits)
    return "\(head) \(own)   " + fixedHits.map(share).joined(separator: " ")
      + String(format: "  %4.1f looks", Double(looks) / Double(stops))
  }
}
