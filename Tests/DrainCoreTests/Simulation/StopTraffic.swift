import Foundation

@testable import DrainCore

/// One stop: what comes to the app's sockets from the drain signal on, in seconds.
struct StopTraffic {
  /// Something that the kernel could tell of.
  struct Packet {
    var at: Double
    var peer: UInt32
    /// The open connection it comes on; nil: a new one that is closed at once.
    var connection: Int?
    /// Whether it is lost where the app has closed its sockets; a probe and a ping are not.
    var isRequest = true
    /// How long the app takes to answer it.
    var lasts = 0.0
    var bytes: UInt32 = 400

    /// When its client has its answer.
    var end: Double { at + lasts }
  }

  /// When a balancer or a client hears, drawn anew for each.
  typealias Hearing = @Sendable (inout StopTraffic) -> Double

  private(set) var packets: [Packet] = []
  private(set) var connections = 0
  private var random: Random
  private var spare: Double?

  init(seed: UInt64, _ make: (inout StopTraffic) -> Void) {
    random = Random(seed: seed)
    make(&self)
    packets.sort { $0.at < $1.at }
  }

  // MARK: Chance

  mutating func unit() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

  mutating func between(_ low: Double, _ high: Double) -> Double { low + unit() * (high - low) }

  /// The time to the next of so many a second.
  mutating func gap(_ rate: Double) -> Double { -log(1 - unit()) / rate }

  mutating func normal() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    let length = (-2 * log(1 - unit())).squareRoot()
    let angle = 2 * Double.pi * unit()
    spare = length * sin(angle)
    return length * cos(angle)
  }

  static func evenly(_ low: Double, _ high: Double) -> Hearing { { $0.between(low, high) } }

  static func lognormally(_ median: Double, _ sigma: Double) -> Hearing {
    { min(60, median * exp(sigma * $0.normal())) }
  }

  static func exponentially(_ mean: Double) -> Hearing { { $0.gap(1 / mean) } }

  // MARK: Senders

  mutating func open(_ count: Int) -> Int {
    connections += count
    return connections - count
  }

  mutating func add(_ packet: Packet) { packets.append(packet) }

  /// Independent requests, on new connections or on a pool of so many.
  mutating func send(
    _ rate: Double, until heard: Double, from peer: UInt32 = 1, pool: Int = 0,
    isRequest: Bool = true
  ) {
    let first = open(pool)
    var at = gap(rate)
    while at <= heard {
      let connection = pool == 0 ? nil : first + random.below(pool)
      add(Packet(at: at, peer: peer, connection: connection, isRequest: isRequest))
      at += gap(rate)
    }
  }

  /// Balancers with these shares of the rate, each on its own account.
  mutating func balance(_ rate: Double, _ shares: [Double], _ hears: Hearing, pool: Int = 0) {
    for (index, share) in shares.enumerated() {
      send(rate * share, until: hears(&self), from: UInt32(1 + index), pool: pool)
    }
  }

  /// Pages: so many connections of one address within `spread` seconds.
  mutating func pages(
    _ rate: Double, through balancers: Int = 1, _ hears: Hearing, connections: Int = 6,
    within spread: Double = 0.2
  ) {
    for _ in 0..<balancers {
      let heard = hears(&self)
      var at = gap(rate / Double(balancers))
      while at <= heard {
        let peer = UInt32(1_000 + random.below(100_000))
        for number in 0..<connections {
          let moment = number == 0 ? at : at + unit() * spread
          if moment <= heard { add(Packet(at: moment, peer: peer)) }
        }
        at += gap(rate / Double(balancers))
      }
    }
  }

  /// Clients that each come every so many seconds.
  mutating func clients(_ count: Int, every period: Double, _ hears: Hearing) {
    for client in 0..<count {
      let heard = hears(&self)
      var at = unit() * period
      while at <= heard {
        add(Packet(at: at, peer: UInt32(client)))
        at += period * (1 + between(-0.02, 0.02))
      }
    }
  }

  /// So many connections at once, every so many seconds.
  mutating func cron(
    _ count: Int, every period: Double, within spread: Double, _ hears: Hearing
  ) {
    let heard = hears(&self)
    var at = unit() * period
    while at <= heard {
      for number in 0..<count {
        let moment = at + unit() * spread
        if moment <= heard { add(Packet(at: moment, peer: UInt32(number))) }
      }
      at += period
    }
  }

  /// Seconds of 30/s between pauses of 4 s on average.
  mutating func onAndOff(_ balancers: Int, _ hears: Hearing) {
    for balancer in 0..<balancers {
      let heard = hears(&self)
      var at = unit() < 0.2 ? between(-1, 0) : gap(0.25)
      while at < heard {
        let end = min(at + 1, heard)
        var moment = max(at, 0) + gap(30)
        while moment <= end {
          add(Packet(at: moment, peer: UInt32(balancer)))
          moment += gap(30)
        }
        at += 1 + gap(0.25)
      }
    }
  }

  /// Gaps by Pareto's law, α 1.5, half a second on average.
  mutating func pareto(_ hears: Hearing) {
    let heard = hears(&self)
    var at = 0.0
    while true {
      at += 0.5 / 3 * pow(1 - unit(), -1 / 1.5)
      if at > heard { return }
      add(Packet(at: at, peer: 1))
    }
  }

  /// Clients that open a connection and go on on it, whether or not they have heard since.
  mutating func sessions(
    _ rate: Double, requests: Int, over length: Double, through balancers: Int,
    _ hears: Hearing, hidden: Bool = false
  ) {
    for balancer in 0..<balancers {
      let heard = hears(&self)
      var at = gap(rate / Double(balancers))
      while at <= heard {
        let connection = open(1)
        let peer = hidden ? UInt32(balancer) : UInt32(1_000 + connection)
        add(Packet(at: at, peer: peer, connection: connection))
        for _ in 1..<requests {
          add(Packet(at: at + unit() * length, peer: peer, connection: connection))
        }
        at += gap(rate / Double(balancers))
      }
    }
  }

  /// A probe of the app's port, which is no loss.
  mutating func probe(every period: Double, from peer: UInt32 = 0xffff) {
    var at = unit() * period
    while at < 400 {
      add(Packet(at: at, peer: peer, isRequest: false))
      at += period
    }
  }

  /// Clients on old connections of their own: messages or requests, as many a second all together.
  mutating func old(_ count: Int, _ rate: Double, until end: Double) {
    let first = open(count)
    var at = gap(rate)
    while at < end {
      let number = random.below(count)
      add(
        Packet(
          at: at, peer: UInt32(3_000 + number), connection: first + number, isRequest: false))
      at += gap(rate)
    }
  }

  /// Open connections that ping every 10 to 30 s with 46 bytes.
  mutating func pings(_ count: Int) {
    let first = open(count)
    for number in 0..<count {
      let period = between(10, 30)
      var at = unit() * period
      while at < 400 {
        add(
          Packet(
            at: at, peer: UInt32(9_000 + number), connection: first + number, isRequest: false,
            bytes: 46))
        at += period
      }
    }
  }
}
