/// What the app has told of itself, by sd_notify(3) or by s6's descriptor.
public struct AppNotices: Equatable, BitwiseCopyable, Sendable {
  /// Whether the app still says that it is alive.
  public enum Watchdog: UInt8, BitwiseCopyable, Sendable {
    /// It never said how often it would.
    case off
    case alive
    /// Its time is over, until it says so again.
    case missed
    /// It has found out itself, and that is final.
    case triggered
  }

  /// Whether it has said `READY=1`.
  public var isReady = false
  /// Whether it has said `STOPPING=1` since.
  public var isStopping = false
  /// Whether it has written a newline to its descriptor.
  public var hasWritten = false
  /// Since when it reloads its configuration; never while it does not.
  public var reloadingSince = Instant.never
  public var watchdog = Watchdog.off
  /// How often it has to say that it is alive; zero where it need not.
  public var watchdogPeriod = Interval.zero
  /// When its time is over; never while no time runs.
  public var watchdogDue = Instant.never

  public init() {}

  /// Takes a message; what of it is news for the log.
  @inline(never) public mutating func take(_ message: NotifyMessage, at now: Instant) -> AppNotice?
  {
    var news: AppNotice?
    switch message.state {
    case .none: break
    case .ready:
      if reloadingSince != .never { news = .reloaded(after: now.since(reloadingSince)) }
      if !isReady || isStopping { restartWatchdog(now) }
      isReady = true
      isStopping = false
      reloadingSince = .never
    case .reloading:
      reloadingSince = min(message.since ?? now, now)
      news = .reloading
    case .stopping:
      if !isStopping { news = .stopping }
      isStopping = true
    }
    if let period = message.period {
      watchdogPeriod = period < .seconds(31_536_000) ? period : .zero
      restartWatchdog(now)
    }
    switch message.watchdog {
    case .none: break
    case .alive: restartWatchdog(now)
    case .trigger:
      watchdog = .triggered
      watchdogDue = .never
      news = .triggered
    }
    return news
  }

  /// The app's time to say that it is alive is over.
  public mutating func missWatchdog() {
    watchdog = .missed
    watchdogDue = .never
  }

  // systemd's runs from READY on, too (systemd.service(5), WatchdogSec=).
  @inline(never) private mutating func restartWatchdog(_ now: Instant) {
    if watchdog == .triggered { return }
    let isOn = watchdogPeriod > .zero
    watchdog = isOn ? .alive : .off
    watchdogDue = isOn ? now + watchdogPeriod : .never
  }
}

/// News of the app's own, for the log.
public enum AppNotice: Equatable, BitwiseCopyable, Sendable {
  case reloading
  case reloaded(after: Interval)
  case stopping
  /// The time between two `WATCHDOG=1` was longer than it may be.
  case missed(Interval)
  case triggered
  /// A `STATUS` that the log's context holds.
  case status
}
