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

  var strongCount: UInt32 = 0
  var weakCount: UInt32 = 0
  var missedCount: UInt32 = 0
  var lastStrong = Instant.never
  var lastWeak = Instant.never
  var look = LookResult(begunAt: .never)
  var peers = PeerTable()

  /// Makes a rule for windows of these bounds.
  public init(window: DrainRange, asked: Interval? = nil) {
    self.window = window
    self.asked = asked
  }

  /// Begins a window; the first look, which shows what is open already, begins with it.
  public mutating func begin(at moment: Instant) {
    drainedAt = moment
    strongCount = 0
    weakCount = 0
    missedCount = 0
    lastStrong = moment
    lastWeak = moment
    look = LookResult(begunAt: moment)
    peers.removeAll()
  }

  /// Notes an arrival; one from before the drain signal counts as if it came with it.
  public mutating func arrived(_ arrival: Arrival) {
    var arrival = arrival
    arrival.at = max(arrival.at, drainedAt)
    let before = quietAt
    switch arrival.strength {
    case .strong:
      strongCount = QuietRule.sum(strongCount, 1)
      lastStrong = max(lastStrong, arrival.at)
    case .weak:
      weakCount = QuietRule.sum(weakCount, arrival.count)
      lastWeak = max(lastWeak, arrival.at)
    }
    let place = peers.note(arrival)
    let after = quietAt
    if before < after && after != .never { peers.hold(place, after.since(before)) }
  }

  /// Notes that the kernel could not tell of something: it counts as an arrival of now.
  public mutating func missed(at now: Instant) {
    strongCount = QuietRule.sum(strongCount, 1)
    missedCount = QuietRule.sum(missedCount, 1)
    lastStrong = max(lastStrong, now)
  }

  /// Notes that a look is complete; its arrivals were told before.
  public mutating func looked(_ result: LookResult) { look = result }

  /// When, as far as is known, the silence will have been long enough; `never` where none would be.
  public var quietAt: Instant {
    let earliest = drainedAt + window.minimum
    let lastOfAll = max(lastStrong, lastWeak)
    if let asked { return max(earliest, lastOfAll + asked) }
    let areProxies = peers.areProxies
    let last = areProxies ? lastOfAll : lastStrong
    let count = areProxies ? QuietRule.sum(strongCount, weakCount) : strongCount
    if count == 0 { return .never }
    let quiet = last + Silence.needed(count: count, span: last.since(drainedAt))
    return max(earliest, max(quiet, weakHold))
  }

  /// What the last complete look came to.
  public var lastLook: LookResult { look }

  /// Whether the traffic has ended: a look that began after the silence was long enough has shown
  /// nothing new.
  public func isQuiet(_ now: Instant) -> Bool {
    let quietAt = quietAt
    return now >= quietAt && look.begunAt >= quietAt && !look.hasWaiting
  }

  /// Whether the traffic has ended and no connection is open any more.
  public func isClosed(_ now: Instant) -> Bool { isQuiet(now) && look.openConnections == 0 }

  /// When the next look shall begin: when without it the window would end, and now and then before.
  ///
  /// Without a look now and then a proxy's kept-alive pool could not be told from a pinned client, and
  /// each of its connections would count for one request.
  public var nextLook: Instant {
    let soonest = look.begunAt + pause
    if look.hasWaiting { return soonest }
    let quietAt = quietAt
    if look.begunAt >= quietAt { return look.begunAt + cadence }
    let nowAndThen = look.begunAt + cadence
    // A look shortly before the one that ends the window would only put that one off.
    return max(soonest, quietAt <= nowAndThen + pause ? quietAt : nowAndThen)
  }

  /// What the summary tells of the window so far.
  public var evidence: TrafficEvidence {
    let count = QuietRule.sum(strongCount, weakCount)
    return TrafficEvidence(
      newConnections: strongCount, requests: weakCount, missed: missedCount,
      last: count == 0 ? nil : max(lastStrong, lastWeak).since(drainedAt),
      openConnections: look.openConnections, holder: peers.holder)
  }

  /// Until when what comes on old connections holds the window: who sends there after its middle is
  /// pinned to this pod, and only the app's own stop can move it.
  private var weakHold: Instant {
    if weakCount == 0 { return drainedAt }
    let both = window.minimum + window.maximum
    let middle = drainedAt + Interval(nanoseconds: both.nanoseconds / 2)
    return min(lastWeak + Silence.floor, middle)
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
  /// How long after the drain signal the last of either came; nil where none did.
  public var last: Interval?
  /// How many connections were open at the last look.
  public var openConnections: UInt32 = 0
  /// Whose arrivals held the window longest; nil where none did.
  public var holder: Peer?

  /// How many late arrivals there were: what without drainit would have been lost.
  public var lateArrivals: UInt32 {
    QuietRule.sum(newConnections, requests)
  }
}

extension Interval {
  /// So many times as long, at most `longest`.
  func times(_ count: Int64) -> Interval {
    let (product, overflow) = nanoseconds.multipliedReportingOverflow(by: count)
    return overflow ? .longest : Interval(nanoseconds: product)
  }
}
