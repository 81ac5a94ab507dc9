/// What one peer did inside the drain window.
public struct Peer: Equatable, BitwiseCopyable, Sendable {
  public var address = IPAddress(bits: 0)
  /// How many connections it made.
  public var connections: UInt32 = 0
  /// How many requests it sent on connections that were open.
  public var requests: UInt32 = 0
  /// When its first connection came, and its last; `never` where it made none.
  public var first = Instant.never
  public var lastConnection = Instant.never
  /// When it was last heard of.
  public var last = Instant(nanoseconds: 0)
  /// The shortest and the longest time between two of its connections.
  public var shortestGap = Interval.longest
  public var longestGap = Interval.zero
  /// How long the silences were that it broke.
  public var held = Interval.zero

  /// The time from one of its connections to the next, on average; nil below three.
  public var rhythm: Interval? {
    if connections < 3 { return nil }
    let span = lastConnection.since(first).nanoseconds
    return Interval(nanoseconds: span / Int64(connections &- 1))
  }

  /// Whether its connections come as evenly as a machine's: a probe's or a scraper's.
  public var isRegular: Bool {
    // A probe comes once a second at most; what comes faster is a client.
    guard let rhythm, shortestGap <= longestGap, rhythm >= .milliseconds(950) else { return false }
    // A prober keeps its period to some tens of milliseconds, but for one that a busy node delays. Of two
    // or three gaps chance alone makes as many alike: one client in four would be a probe.
    let spread = longestGap.nanoseconds &- shortestGap.nanoseconds
    return spread <= rhythm.nanoseconds / (connections < 5 ? 8 : 2)
  }

  mutating func note(_ arrival: Arrival) {
    last = max(last, arrival.at)
    switch arrival.kind {
    case .request: requests = QuietRule.sum(requests, arrival.count)
    case .connection:
      if connections == 0 {
        first = arrival.at
        lastConnection = arrival.at
      } else {
        // What a look shows may be told after what came later.
        let isLater = arrival.at >= lastConnection
        let gap = isLater ? arrival.at.since(lastConnection) : lastConnection.since(arrival.at)
        shortestGap = min(shortestGap, gap)
        longestGap = max(longestGap, gap)
        if isLater { lastConnection = arrival.at }
      }
      connections = connections == .max ? .max : connections &+ 1
    }
  }
}

/// The peers seen in a drain window, at most 64: a new one takes the place of the longest silent.
struct PeerTable {
  // On the heap, once: a value of this size would be copied over the stack whenever it is moved.
  private var places = [Peer](repeating: Peer(), count: 64)
  private(set) var count = 0
  /// How long the silences were that anybody broke.
  private(set) var held = Interval.zero

  /// Forgets all of them.
  mutating func removeAll() {
    count = 0
    held = .zero
  }

  /// Notes an arrival that broke a silence of that length.
  mutating func note(_ arrival: Arrival, silence: Interval) {
    let place = place(of: arrival.peer)
    places[place].note(arrival)
    places[place].held = places[place].held + silence
    held = held + silence
  }

  /// Who held the window longest; nil where that was no quarter of it: then many did.
  var holder: Peer? {
    var found: Int?
    for index in 0..<count {
      let longest = found.map { places[$0].held } ?? .zero
      if places[index].held > longest { found = index }
    }
    guard let found, places[found].held.times(4) >= held else { return nil }
    return places[found]
  }

  private mutating func place(of address: IPAddress) -> Int {
    for index in 0..<count where places[index].address == address { return index }
    var place = count
    if count < 64 {
      count &+= 1
    } else {
      place = 0
      for index in 1..<64 where places[index].last < places[place].last { place = index }
    }
    places[place] = Peer()
    places[place].address = address
    return place
  }
}
