/// Decides when the traffic has ended: the default of `--until`.
///
/// It is told of arrivals and looks, and says when the next look is due and whether the window may end.
/// Nothing from before the drain signal is used. Its memory is asked for when it is made, before the
/// app is started; after that nothing allocates.
public struct QuietRule: Sendable {
  /// The window's bounds.
  public let window: DrainRange
  /// `quiet:DUR`: the silence that the user asks for, instead of the one that the rate asks for.
  public let asked: Interval?
  /// When the drain signal came.
  public internal(set) var drainedAt = Instant.never

  /// Whether nothing may be open any more, either (`closed`): the maximum is then long connections'.
  public let closes: Bool

  var connectionCount: UInt32 = 0
  var requestCount: UInt32 = 0
  var missedCount: UInt32 = 0
  var last = Instant.never
  var moments = Moments()
  var look = LookResult(begunAt: .never)
  var peers = PeerTable()

  /// Makes a rule for windows of these bounds.
  public init(window: DrainRange, asked: Interval? = nil, closes: Bool = false) {
    self.window = window
    self.asked = asked
    self.closes = closes
  }

  /// Begins a window; the first look, which shows what is open already, begins with it.
  public mutating func begin(at moment: Instant) {
    drainedAt = moment
    connectionCount = 0
    requestCount = 0
    missedCount = 0
    last = moment
    moments.begin(at: moment)
    look = LookResult(begunAt: moment)
    peers.removeAll()
  }

  /// Notes an arrival; one from before the drain signal counts as if it came with it.
  public mutating func arrived(_ arrival: Arrival) {
    var arrival = arrival
    arrival.at = max(arrival.at, drainedAt)
    switch arrival.kind {
    case .connection: connectionCount = QuietRule.sum(connectionCount, 1)
    case .request: requestCount = QuietRule.sum(requestCount, arrival.count)
    }
    // Whoever breaks a silence holds the window for as long as that had lasted.
    peers.note(arrival, silence: arrival.at.since(last))
    last = max(last, arrival.at)
    moments.note(arrival.at)
  }

  /// Notes that the kernel could not tell of something: it counts as an arrival of now.
  public mutating func missed(at now: Instant) {
    connectionCount = QuietRule.sum(connectionCount, 1)
    missedCount = QuietRule.sum(missedCount, 1)
    last = max(last, now)
    moments.note(now)
  }

  /// Notes that a look is complete; its arrivals were told before.
  public mutating func looked(_ result: LookResult) {
    look = result
    moments.turn(at: result.begunAt, next: cadence + pause)
  }

  /// When, as far as is known, the silence will have been long enough; `never` where none would be.
  public var quietAt: Instant {
    let earliest = drainedAt + window.minimum
    if let asked { return max(earliest, last + asked) }
    if moments.count == 0 {
      // Of no arrival no silence says anything; but where the maximum is there for connections that
      // last, an idle container's stop does not take it: the minimum is then the promise.
      return closes ? max(earliest, drainedAt + QuietRule.idleMinimum) : .never
    }
    return max(
      earliest, last + Silence.needed(moments: moments.count, span: last.since(drainedAt)))
  }

  /// How long a window that waits for open connections lasts at least where nothing arrives: Kubernetes'
  /// default window, in which a cluster tells everybody.
  static var idleMinimum: Interval { .seconds(12) }

  private var latest: Instant { drainedAt + window.maximum }

  /// Whether the traffic has ended: a look that began after the silence was long enough has shown
  /// nothing new, and nothing that is under way.
  public func isQuiet(_ now: Instant) -> Bool { now >= quietAt && isSilent }

  /// Whether the last look has shown that it has.
  private var isSilent: Bool { look.begunAt >= quietAt && !look.holds }

  /// Whether the traffic has ended and no connection is open any more.
  public func isClosed(_ now: Instant) -> Bool { isQuiet(now) && look.openConnections == 0 }

  /// When the next look shall begin: when without it the window would end, and now and then before.
  ///
  /// Without a look now and then the requests of a kept-alive pool would be one sign, however many.
  public var nextLook: Instant {
    let soonest = look.begunAt + pause
    if look.waiting > 0 || look.inFlight > 0 { return soonest }
    let quietAt = quietAt
    if look.begunAt >= quietAt { return look.begunAt + cadence }
    let nowAndThen = look.begunAt + cadence
    // A look shortly before the one that ends the window would only put that one off.
    return max(soonest, quietAt <= nowAndThen + pause ? quietAt : nowAndThen)
  }

  /// What the summary tells of the window so far.
  public var evidence: TrafficEvidence {
    let count = QuietRule.sum(connectionCount, requestCount)
    return TrafficEvidence(
      newConnections: connectionCount, requests: requestCount, missed: missedCount,
      moments: moments.count, last: count == 0 ? nil : last.since(drainedAt),
      openConnections: look.openConnections, waiting: look.waiting, inFlight: look.inFlight,
      isSilent: isSilent, holder: holder)
  }

  /// What keeps the window from ending, as far as the last look tells.
  private var holder: WindowHolder? {
    if look.hasUnseen { return .unseen }
    let needed = asked ?? Silence.floor(moments: 1)
    // In a maximum in which no silence is long enough nobody holds it who came in its first half alone.
    let isShort = needed > window.maximum
    let half = Interval(nanoseconds: window.maximum.nanoseconds / 2)
    let mayBeSilent = last + (isShort ? half : needed) <= latest
    // What is in flight is told before few arrivals: it is the better reason of the two.
    if look.inFlight > 0 && mayBeSilent { return .inFlight }
    if look.waiting > 0 && mayBeSilent { return .waiting }
    if isShort && mayBeSilent { return nil }
    if quietAt > latest && mayBeSilent { return .few }
    return peers.holder.map { .peer($0) }
  }

  /// The shortest time from one look to the next: a second, and never more than 2 % of a core.
  private var pause: Interval { max(.seconds(1), look.cost.times(50)) }

  /// The time to a look that could not end the window: less often the longer it lasts, and 0.5 % of a
  /// core.
  private var cadence: Interval {
    let elapsed = look.begunAt.since(drainedAt)
    let wanted = max(look.cost.times(200), Interval(nanoseconds: elapsed.nanoseconds / 8))
    return max(pause, min(wanted, .seconds(10)))
  }

  static func sum(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}

/// What a drain window has shown: how a user learns which window the cluster needs.
public struct TrafficEvidence: Equatable, BitwiseCopyable, Sendable {
  /// How many connections were made since the drain signal.
  public var newConnections: UInt32 = 0
  /// How many requests came on connections that were open, as near as the kernel tells.
  public var requests: UInt32 = 0
  /// How often the kernel could not tell of all closings; each counts for one new connection.
  public var missed: UInt32 = 0
  /// In how many moments they came: what many at once are one sign of.
  public var moments: UInt32 = 0
  /// How long after the drain signal the last of either came; nil where none did.
  public var last: Interval?
  /// How many connections were open at the last look.
  public var openConnections: UInt32 = 0
  /// How many connections waited to be accepted at the last look.
  public var waiting: UInt32 = 0
  /// How many requests were received and not answered at the last look.
  public var inFlight: UInt32 = 0
  /// Whether the traffic had ended: if the window went on, it was for something else.
  public var isSilent = false
  /// What held the window; nil where nothing did, or many peers did.
  public var holder: WindowHolder?

  /// How many late arrivals there were: what without drainit would have been lost.
  public var lateArrivals: UInt32 {
    QuietRule.sum(newConnections, requests)
  }

  // After ten moments the rule waits as long as the last took to come (Silence): twice that is then what
  // the cluster needs, for all that can be told.
  /// How many moments it takes for the last to tell of the cluster's need.
  static var fewMoments: UInt32 { 10 }
}

/// What keeps, or kept, a drain window from ending before its maximum.
public enum WindowHolder: Equatable, BitwiseCopyable, Sendable {
  /// The peer whose arrivals put its end off longest.
  case peer(Peer)
  /// Requests that were received and are not answered yet.
  case inFlight
  /// Connections that wait to be accepted.
  case waiting
  /// A socket of the app's whose arrivals cannot be seen.
  case unseen
  /// So little came, or nothing, that no silence would have proved anything.
  case few
}

extension Interval {
  /// So many times as long, at most `longest`.
  func times(_ count: Int64) -> Interval {
    let (product, overflow) = nanoseconds.multipliedReportingOverflow(by: count)
    return overflow ? .longest : Interval(nanoseconds: product)
  }
}
