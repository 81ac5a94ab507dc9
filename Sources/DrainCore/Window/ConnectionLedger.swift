/// Tells arrivals from what looks and closings show, by remembering every open connection.
///
/// Records are in order of their cookies, so that one is found without a second table; those that a look
/// adds wait behind them until it ends. Their memory is asked for once and used as far as it is
/// needed; without memory, or beyond 65,536 connections, every byte is a request.
public struct ConnectionLedger: ~Copyable {
  /// How many connections fit.
  public let capacity: Int
  private let base: UnsafeMutablePointer<ConnectionRecord>
  private var sorted = 0
  /// How many connections are remembered.
  private(set) var count = 0
  /// Whether the look under way found more connections than fit, and whether the last one did.
  private var isOverfull = false
  private var wasOverfull = false
  /// The number of the look that is under way or was the last; the first one tells what is open.
  private var look: UInt16 = 0
  // The listeners' own cookies: more than an app has; of one beyond them an end is taken for an arrival.
  private var listeners = InlineArray<32, UInt64>(repeating: 0)
  private var listenerCount = 0
  private var isLooking = false
  private var drainedAt = Instant.never
  private var begunAt = Instant.never
  private var previousBegunAt = Instant.never
  private var open: UInt32 = 0
  /// How many wait to be accepted, by their own rows and by their listeners' queues, and whether one is
  /// about to.
  private var unaccepted: UInt32 = 0
  private var queued: UInt32 = 0
  private var hasHalfOpen = false
  private var inFlight: UInt32 = 0

  /// What on an old connection is no more than a keep-alive: HTTP/2 PING, WebSocket ping and pong, TLS
  /// included, are 10 to 46 bytes; the smallest gRPC call is 57.
  static var keepAliveBytes: UInt32 { 48 }

  /// Asks for the memory, 1 MiB; where it is refused the ledger remembers nothing.
  public init(connections: Int = 65_536) {
    let length = max(connections, 1) &* MemoryLayout<ConnectionRecord>.stride
    // Embedded Swift's allocate returns null where memory is refused, without a word.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 16)
    capacity = UInt(bitPattern: memory) == 0 ? 0 : max(connections, 0)
    base = memory.assumingMemoryBound(to: ConnectionRecord.self)
  }

  deinit { base.deallocate() }

  /// Forgets everything and begins a drain window.
  public mutating func begin(at moment: Instant) {
    sorted = 0
    count = 0
    look = 0
    isOverfull = false
    wasOverfull = false
    isLooking = false
    drainedAt = moment
    begunAt = moment
    previousBegunAt = moment
  }

  /// Begins a look; one that was broken off is forgotten.
  public mutating func beginLook(at now: Instant) {
    if !isLooking {
      // It may wrap in a window of days; 0 stays free for the closed, 1 for the first.
      look = look == ConnectionRecord.lastLook ? 2 : look &+ 1
      previousBegunAt = begunAt
    }
    begunAt = now
    isLooking = true
    isOverfull = false
    open = 0
    unaccepted = 0
    queued = 0
    hasHalfOpen = false
    inFlight = 0
  }

  /// Takes in a socket that a look shows; the arrival that it tells of, if any.
  public mutating func saw(_ row: SocketRow, at now: Instant) -> Arrival? {
    switch row.state {
    case .listen:
      rememberListener(row.cookie)
      queued = QuietRule.sum(queued, row.receiveQueue)
      return nil
    case .synReceived where row.bytesReceived == nil:
      // Half of a handshake: not a connection yet, but somebody is about to make one.
      hasHalfOpen = true
      return nil
    case .synReceived, .established, .closeWait:
      if row.inode == 0 { unaccepted &+= 1 } else { open &+= 1 }
    case .finWait1, .finWait2, .closing, .lastAck:
      // What the kernel keeps of a closed one in FIN_WAIT2 is no socket: it has a name of its own and no
      // counts, and the end of the real one was told.
      if row.bytesReceived == nil { return nil }
      // Without an inode it is closed, and has arrived: the kernel only delivers the rest.
      if row.inode != 0 { open &+= 1 }
    default: return nil
    }
    let at = lastByte(of: row, now)
    if let place = place(of: row.cookie, amongLast: 128) {
      let growth = base[place].growth(row)
      base[place].seen = look
      base[place].wasInFlight = note(row, growth)
      return request(place, row, growth, at)
    }
    remember(row, isInFlight: note(row, Growth()))
    if look > 1 && !wasOverfull { return Arrival(.connection, at: at, from: row.peer) }
    // It may have been open before: at the first look, and where not every connection is remembered.
    let since = look > 1 ? previousBegunAt : drainedAt
    return isRequest(row) && at >= since ? Arrival(.request, at: at, from: row.peer) : nil
  }

  /// Takes in a connection that has closed; the arrival that it tells of, if any.
  public mutating func closed(_ row: SocketRow, at now: Instant) -> Arrival? {
    // A reset, and every end of MPTCP, is told of with the peer's port 0 and no counts, as a listener's is.
    let isReset = row.peerPort == 0
    if isReset && isListener(row.cookie) { return nil }
    let at = isReset ? now : lastByte(of: row, now)
    if let place = place(of: row.cookie, amongLast: 4_096) {
      let growth = base[place].growth(row)
      base[place].seen = 0
      return isReset ? nil : request(place, row, growth, at)
    }
    // The dump may have it from before, in a batch that is not read yet: not once more then.
    if isLooking { remember(row, isInFlight: false) }
    let wasSeen = look > 1 || (look == 1 && !isLooking)
    if wasSeen && !wasOverfull { return Arrival(.connection, at: at, from: row.peer) }
    let since = look > 1 ? previousBegunAt : drainedAt
    return isRequest(row) && at >= since ? Arrival(.request, at: at, from: row.peer) : nil
  }

  /// Ends a look that is complete; `cost` is what of the processor it took.
  public mutating func endLook(cost: Interval) -> LookResult {
    isLooking = false
    wasOverfull = isOverfull
    putInOrder()
    dropClosed()
    return LookResult(
      begunAt: begunAt, openConnections: open, waiting: waiting, inFlight: inFlight, cost: cost)
  }

  /// How many wait to be accepted: their listener counts those that have a row of their own.
  private var waiting: UInt32 { max(queued, unaccepted, hasHalfOpen ? 1 : 0) }

  private mutating func rememberListener(_ cookie: UInt64) {
    if listenerCount >= 32 || isListener(cookie) { return }
    listeners[listenerCount] = cookie
    listenerCount &+= 1
  }

  private func isListener(_ cookie: UInt64) -> Bool {
    for index in 0..<listenerCount where listeners[index] == cookie { return true }
    return false
  }

  private func lastByte(of row: SocketRow, _ now: Instant) -> Instant {
    let age = Interval.milliseconds(Int64(row.sinceLastReceived))
    return Instant(nanoseconds: now.nanoseconds &- age.nanoseconds)
  }

  private func isRequest(_ row: SocketRow) -> Bool {
    (row.bytesReceived ?? 0) > UInt64(ConnectionLedger.keepAliveBytes)
  }

  private mutating func request(
    _ place: Int, _ row: SocketRow, _ growth: Growth, _ at: Instant
  ) -> Arrival? {
    base[place].update(row)
    guard growth.isRequest, let grown = growth.received else { return nil }
    // A request begins a segment, and what fills segments to their end is the body of one. Over a
    // kept-alive pool hundreds of requests come between two looks: counted as one, they would be no rate.
    let full = row.largestSegment == 0 ? 0 : grown / UInt32(row.largestSegment)
    let requests = growth.segments > full ? growth.segments &- full : 1
    let count = max(min(requests, grown / ConnectionLedger.keepAliveBytes), 1)
    return Arrival(.request, at: at, from: row.peer, count: count)
  }

  /// Counts a request that is in flight, or an answer that the kernel delivers still.
  private mutating func note(_ row: SocketRow, _ growth: Growth) -> Bool {
    guard row.isInFlight(growth) else { return false }
    // What waits to be accepted was counted as that, unread or not.
    let waits = row.inode == 0 && (row.state == .established || row.state == .closeWait)
    if !waits { inFlight &+= 1 }
    return true
  }

  private mutating func remember(_ row: SocketRow, isInFlight: Bool) {
    if count >= capacity {
      isOverfull = true
      return
    }
    var record = ConnectionRecord(row, seen: look)
    record.wasInFlight = isInFlight
    (base + count).initialize(to: record)
    count &+= 1
  }

  /// Where a connection's record is: among those in order, or among the last that this look added.
  ///
  /// A dump that goes on while connections come may show one twice, soon after the first time; and one
  /// may close while the look that found it goes on.
  private func place(of cookie: UInt64, amongLast limit: Int) -> Int? {
    var low = 0
    var high = sorted
    while low < high {
      let middle = (low &+ high) / 2
      if base[middle].cookie < cookie { low = middle &+ 1 } else { high = middle }
    }
    if low < sorted && base[low].cookie == cookie { return low }
    var index = count &- 1
    let last = max(sorted, count &- limit)
    while index >= last {
      if base[index].cookie == cookie { return index }
      index &-= 1
    }
    return nil
  }
}

// MARK: Order

extension ConnectionLedger {
  /// Drops what has closed, and what two looks have not seen: a dump that goes on while connections
  /// close may pass over one.
  private mutating func dropClosed() {
    var kept = 0
    for index in 0..<count {
      let seen = base[index].seen
      if seen == 0 || look &- seen > 1 { continue }
      if kept > 0 && base[kept &- 1].cookie == base[index].cookie { continue }
      base[kept] = base[index]
      kept &+= 1
    }
    count = kept
    sorted = kept
  }

  /// Sorts the records by their cookies; heapsort, since it needs no memory and no luck.
  private func putInOrder() {
    var isInOrder = true
    for index in 1..<max(count, 1) where base[index].cookie < base[index &- 1].cookie {
      isInOrder = false
      break
    }
    if isInOrder { return }
    var root = count / 2
    while root > 0 {
      root &-= 1
      siftDown(root, count)
    }
    var end = count
    while end > 1 {
      end &-= 1
      let last = base[end]
      base[end] = base[0]
      base[0] = last
      siftDown(0, end)
    }
  }

  private func siftDown(_ start: Int, _ end: Int) {
    let record = base[start]
    var root = start
    while true {
      var child = 2 &* root &+ 1
      if child >= end { break }
      if child &+ 1 < end && base[child].cookie < base[child &+ 1].cookie { child &+= 1 }
      if base[child].cookie <= record.cookie { break }
      base[root] = base[child]
      root = child
    }
    base[root] = record
  }
}
