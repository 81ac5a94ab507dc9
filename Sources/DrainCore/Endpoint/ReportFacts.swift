/// What the endpoint has seen since the start.
public struct EndpointCounts: Equatable, BitwiseCopyable, Sendable {
  /// Connections that were accepted.
  public var accepted: UInt64 = 0
  /// Whole requests for one of the pages.
  public var requests: UInt64 = 0
  /// Requests that were refused with an error status.
  public var refused: UInt64 = 0
  /// Connections that were cut to make room for others.
  public var evicted: UInt64 = 0
  /// Times when no connection could be accepted for want of descriptors, memory or room.
  public var pauses: UInt64 = 0
  /// System calls that failed as only a mistake of drainit's own makes them fail.
  public var mistakes: UInt64 = 0

  public init() {}
}

/// What drainit has done since the start.
public struct RunCounts: Equatable, BitwiseCopyable, Sendable {
  /// Signals that were passed on to the app.
  public var signalsForwarded: UInt64 = 0
  /// Children that have ended and were reaped, the app included.
  public var processesReaped: UInt64 = 0
  /// Lines that the log could not take.
  public var logLinesDropped: UInt64 = 0
  /// How often drainit came back from a fault of its own; the other counts then began anew.
  public var comeBacks: UInt64 = 0

  public init() {}
}

/// Everything that `/status` and `/metrics` tell beside the checks.
///
/// One object, filled in place when somebody asks: a value of this size would be copied over and over.
public final class ReportFacts {
  let plan: DrainPlan
  /// Where drainit is, and whether the app may be ready.
  public var endpoint = EndpointFacts(phase: .waiting, mayBeReady: false, appRuns: false)
  public var state = LifecycleState()
  public var counts = RunCounts()
  public var endpointCounts = EndpointCounts()
  /// Whether the app was asked to tell of itself; what it told, and its last words up to a zero.
  public var hasNotices = false
  public var notices = AppNotices()
  public var status: [UInt8] = []
  /// Whether the app's traffic was watched; what that has shown.
  public var hasEvidence = false
  public var evidence = TrafficEvidence()
  /// The ports that the window watches, and how it was told that they are the app's.
  public var ports = PortSet()
  public var portsOwner = PortsWay.Owner.given
  /// The app's UDP port that was taken for a client's, as the drain signal found it; 0 for none.
  public var clientPort: UInt16 = 0
  /// The last part of the app's command's first word.
  public var program: [UInt8] = []
  /// The present moment on the lifecycle's clock.
  public var now = Instant.never
  /// The same moment by the calendar: since 1970, UTC.
  public var sinceEpoch = Interval.zero

  public init(_ plan: DrainPlan) { self.plan = plan }

  /// Whether `/readyz` would answer 200 if the checks came to what they last came to.
  func isReady(_ gate: borrowing ReadinessGate) -> Bool {
    endpoint.mayBeReady && endpoint.appRuns && gate.isOpen && gate.checks.allHold
  }

  /// How long the drain window lasts or lasted; nil before the drain signal.
  var window: Interval? {
    guard state.drainedAt != .never else { return nil }
    return min(state.stoppedAt, min(state.endedAt, now)).since(state.drainedAt)
  }

  /// A moment of the lifecycle's clock by the calendar.
  func calendar(_ moment: Instant) -> Interval {
    moment <= now ? sinceEpoch - now.since(moment) : sinceEpoch + moment.since(now)
  }
}

/// A set of checks as the reports name it: the option that gave it.
public enum CheckSet: UInt8, BitwiseCopyable, Sendable {
  case ready
  case live
  case startAfter
  case until

  /// The word for it in labels and in JSON.
  var name: StaticString {
    switch self {
    case .ready: "ready"
    case .live: "live"
    case .startAfter: "start-after"
    case .until: "until"
    }
  }
}

extension Phase {
  /// How many there are.
  static var count: UInt8 { Phase.exited.rawValue &+ 1 }

  /// The word for it in reports.
  public var name: StaticString {
    switch self {
    case .waiting: "waiting"
    case .starting: "starting"
    case .serving: "serving"
    case .draining: "draining"
    case .stopping: "stopping"
    case .killing: "killing"
    case .leaving: "leaving"
    case .exited: "exited"
    }
  }
}
