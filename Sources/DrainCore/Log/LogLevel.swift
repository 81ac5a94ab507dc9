/// How much a line of the log matters.
public enum LogLevel: UInt8, BitwiseCopyable, Sendable {
  case debug
  case info
  case warning

  /// The least that is shown: `-q` shows warnings alone, as `--plain` does; each `-v` shows more.
  public static func threshold(isQuiet: Bool, isPlain: Bool, verbosity: UInt8) -> LogLevel {
    // There `-v` shows all that it would otherwise, the processes that are reaped above all.
    if isPlain && !isQuiet && verbosity > 0 { return .debug }
    let base = isQuiet || isPlain ? LogLevel.warning.rawValue : LogLevel.info.rawValue
    return LogLevel(rawValue: base > verbosity ? base &- verbosity : 0) ?? .debug
  }

  /// The word for it in `--log json`.
  var name: StaticString {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    }
  }
}

extension LogEvent {
  /// How much the event matters. What a drain window came to is evidence, and is shown with `-q`, too.
  public func level(_ state: LifecycleState) -> LogLevel {
    switch self {
    case .dropped(_, .waiting): .info
    case .watching(let isGuess): isGuess ? .info : .debug
    case .forwarded, .dropped, .reaped, .notified(.status): .debug
    case .notified(.missed), .notified(.triggered): .warning
    case .ended: state.windowEnd == .none ? .info : .warning
    case .hookEnded(_, _, let outcome): outcome.doesHold ? .info : .warning
    case .started, .ready, .draining, .notDraining, .windowChanged, .repeated, .unready,
      .kubeletUnready, .stopping,
      .extended, .leftovers, .waitingForLeftovers, .waitingForStart, .endedWaiting, .notified:
      .info
    case .notExecutedYet,
      .hooksNotRun, .listensElsewhere, .cannotObserve, .cameBack, .refused, .inTheWay,
      .moreInTheWay, .killing, .continued, .stopped,
      .startTimedOut,
      .notExecuted, .noEndpoint, .belowAnother,
      .linesDropped, .lost,
      .callFailed:
      .warning
    }
  }

  /// The event's name in `--log json`.
  var name: StaticString {
    switch self {
    case .started: "started"
    case .notExecutedYet: "not-executed-yet"
    case .ready: "ready"
    case .draining, .notDraining: "draining"
    case .windowChanged: "window-changed"
    case .repeated: "repeated"
    case .unready: "unready"
    case .kubeletUnready: "kubelet-unready"
    case .stopping: "stopping"
    case .extended: "extended"
    case .killing: "killing"
    case .dropped: "dropped"
    case .forwarded: "forwarded"
    case .refused: "refused"
    case .continued: "continued"
    case .stopped: "stopped"
    case .ended: "ended"
    case .inTheWay, .moreInTheWay: "in-the-way"
    case .leftovers: "leftovers"
    case .reaped: "reaped"
    case .waitingForLeftovers: "waiting"
    case .waitingForStart: "waiting-for-start"
    case .startTimedOut: "start-timed-out"
    case .endedWaiting: "ended-waiting"
    case .notExecuted: "not-executed"
    case .noEndpoint: "no-endpoint"
    case .belowAnother: "below-another"
    case .linesDropped: "lines-dropped"
    case .lost: "lost"
    case .cannotObserve: "cannot-observe"
    case .watching: "watching"
    case .listensElsewhere: "listens-elsewhere"
    case .cameBack: "came-back"
    case .hookEnded, .hooksNotRun: "hook"
    case .notified: "notified"
    case .callFailed: "call-failed"
    }
  }
}
