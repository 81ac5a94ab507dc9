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
  /// How much later the window may end because of it.
  public var held = Interval.zero

  /// The time from one of its connections to the next, on average; nil below three.
  public var rhythm: Interval? {
    if connections < 3 { return nil }
    let span = lastConnection.since(first).nanoseconds
    return Interval(nanoseconds: span / Int64(connections &- 1))
  }

  /// Whether its connections come as evenly as a machine's: a probe's or a scraper's.
  public var isRegular: Bool {
    guard let rhythm, shortestGap <= longestGap else { return false }
    // A prober keeps its period to some tens of milliseconds, but for one that a busy node delays.
    return longestGap.nanoseconds &- shortestGap.nanoseconds <= rhythm.nanoseconds / 2
  }

  /// Whether it is no proxy with a kept-alive pool: most of what it sends comes on new connections.
  ///
  /// One that came as the drain signal did may be open at the first look and send after it; that alone
  /// makes no pool.
  var isDirect: Bool { connections > requests }

  mutating func note(_ arrival: Arrival) {
    last = max(last, arrival.at)
    switch arrival.strength {
    case .weak: requests = QuietRule.sum(requests, arrival.count)
    case .strong:
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
  /// Whether one that was direct has lost its place.
  private var lostDirect = false

  /// Forgets all of them.
  mutating func removeAll() {
    count = 0
    lostDirect = false
  }

  /// Notes an arrival and returns the peer's place.
  mutating func note(_ arrival: Arrival) -> Int {
    let place = place(of: arrival.peer)
    places[place].note(arrival)
    return place
  }

  /// Notes that a peer's arrival made the earliest end that much later.
  mutating func hold(_ place: Int, _ time: Interval) {
    places[place].held = places[place].held + time
  }

  /// Whether none is direct.
  var areProxies: Bool {
    if lostDirect { return false }
    for index in 0..<count where places[index].isDirect { return false }
    return true
  }

  /// Who held the window longest; nil where nobody did.
  var holder: Peer? {
    var found: Int?
    for index in 0..<count {
      let longest = found.map { places[$0].held } ?? .zero
      if places[index].held > longest { found = index }
    }
    return found.map { places[$0] }
  }

  /// Begins again after a fault, before which somebody was direct.
  mutating func loseDirect() { lostDirect = true }

  private mutating func place(of address: IPAddress) -> Int {
    for index in 0..<count where places[index].address == address { return index }
    var place = count
    if count < 64 {
      count &+= 1
    } else {
      place = 0
      for index in 1..<64 where places[index].last < places[place].last { place = index }
      if places[place].isDirect { lostDirect = true }
    }
    places[place] = Peer()
    places[place].address = address
    return place
  }
}
