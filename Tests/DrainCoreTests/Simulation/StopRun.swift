@testable import DrainCore

/// The observer as the rule sees it: a new connection shows when it closes, what is open at a look.
struct StopRun {
  private var rule: QuietRule
  private let packets: [StopTraffic.Packet]
  private var bytes: [UInt32]
  private var last: [Double]
  private var peers: [UInt32]
  private var touched: [Int] = []
  private var slow: [StopTraffic.Packet] = []
  private var seenSlow = 0
  private var place = 0
  private let origin = Instant(nanoseconds: 1_000_000_000_000)
  private(set) var looks = 0

  init(_ window: DrainRange, _ traffic: StopTraffic) {
    rule = QuietRule(window: window)
    rule.begin(at: origin)
    packets = traffic.packets
    bytes = [UInt32](repeating: 0, count: traffic.connections)
    last = [Double](repeating: 0, count: traffic.connections)
    peers = bytes
  }

  /// Runs to the window's end and returns it, in seconds after the signal.
  mutating func end() -> Double {
    let limit = origin + rule.window.maximum
    while true {
      let next = min(rule.nextLook, limit)
      if place < packets.count, moment(packets[place].at) <= next {
        receive(packets[place])
        place += 1
        continue
      }
      if next == limit { return seconds(limit) }
      look(next)
      if rule.isQuiet(next) { return seconds(next) }
    }
  }

  private mutating func receive(_ packet: StopTraffic.Packet) {
    if let connection = packet.connection {
      if bytes[connection] == 0 { touched.append(connection) }
      bytes[connection] += packet.bytes
      last[connection] = packet.at
      peers[connection] = packet.peer
    } else if packet.lasts > 0 {
      slow.append(packet)
    } else {
      rule.arrived(Arrival(.connection, at: moment(packet.at), from: .v4(packet.peer)))
    }
  }

  private mutating func look(_ now: Instant) {
    looks += 1
    for connection in touched {
      if bytes[connection] > 48 {
        rule.arrived(
          Arrival(.request, at: moment(last[connection]), from: .v4(peers[connection])))
      }
      bytes[connection] = 0
    }
    touched.removeAll(keepingCapacity: true)
    for packet in slow[seenSlow...] {
      rule.arrived(Arrival(.connection, at: moment(packet.at), from: .v4(packet.peer)))
    }
    seenSlow = slow.count
    let inFlight = slow.count { moment($0.end) > now }
    rule.looked(
      LookResult(
        begunAt: now, openConnections: UInt32(bytes.count), inFlight: UInt32(inFlight)))
  }

  private func moment(_ seconds: Double) -> Instant {
    origin + Interval(nanoseconds: Int64(seconds * 1e9))
  }

  private func seconds(_ moment: Instant) -> Double {
    Double(moment.since(origin).nanoseconds) / 1e9
  }
}
