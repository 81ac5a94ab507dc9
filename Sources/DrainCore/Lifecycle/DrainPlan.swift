/// What the options come to on this platform: everything that the lifecycle has to know.
public struct DrainPlan: Sendable {
  /// How long the drain window may be.
  public var window: DrainRange
  /// Where the window comes from.
  public var windowSource: WindowSource
  /// The platform's own deadline, where `--grace` told it.
  public var grace: Interval?
  /// How long the app may take to stop; nil is what is left of the grace, or for ever without one.
  public var stopTimeout: Interval?
  /// What becomes of processes that the app leaves behind.
  public var orphans = OrphanPolicy.end
  /// How long the exit hooks may take; nil where there are none.
  public var exitHookTimeout: Interval?
  /// Whether there are hooks for the gate's opening.
  public var hasReadyHooks = false
  /// Whether there are hooks for the drain.
  public var hasDrainHooks = false
  /// Whether `--live` was given.
  public var hasLiveCheck = false
  /// Whether the app's start waits for a check (`--start-after`).
  public var startsAfter = false
  /// How long it may wait (`--start-timeout`); nil is for ever.
  public var startTimeout: Interval?
  /// How long after the drain signal `/readyz` begins to fail (`--unready-after`).
  public var unreadyAfter = Interval.zero
  /// Whether the kubelet is told later than everybody else: in Kubernetes, where nothing else was asked for.
  public var sparesKubelet = false
  /// What the app is told at the drain signal (`--drain-notice`); none for nothing.
  public var notice = Signal.none
  /// Whether the window may end before its maximum; otherwise it is a fixed wait.
  public var endsEarly = false
  /// Whether `--until` names checks, which are asked once the traffic has ended, and how often at most.
  public var hasUntilChecks = false
  public var untilEvery = Interval.milliseconds(250)
  /// Whether the app's traffic is watched while draining, be it for the evidence alone.
  public var observes = false
  /// Whether there is nothing but the window, which has begun (`--hold`): no app of drainit's own, and
  /// nobody is signalled.
  public var holds = false
  /// Which signals do what.
  public var signals = SignalRules()
  // Each as its difference to the code itself.
  private var exitCodes = InlineArray<256, UInt8>(repeating: 0)

  /// A plan of a window and nothing else.
  public init(window: DrainRange, source: WindowSource) {
    self.window = window
    windowSource = source
  }

  /// Whether the window's two ends differ.
  public var isRange: Bool { window.minimum < window.maximum }

  /// The window of a fixed wait: its maximum.
  public var fixedWindow: DrainRange {
    DrainRange(minimum: window.maximum, maximum: window.maximum)
  }

  /// Whether drainit is PID 1 of its namespace.
  public var isFirstProcess: Bool { signals.isFirstProcess }

  /// What drainit ends with where the app would have ended it with `code` (`--exit-map`).
  public func exitCode(_ code: UInt8) -> UInt8 { exitCodes[Int(code)] ^ code }

  /// Ends with `to` where it would have ended with `from`.
  public mutating func map(exitCode from: UInt8, to: UInt8) { exitCodes[Int(from)] = from ^ to }
}

/// What becomes of the processes that the app leaves behind (`--orphans`).
public enum OrphanPolicy: Equatable, BitwiseCopyable, Sendable {
  /// They end with the namespace; where drainit is not PID 1 they live on.
  case end
  /// SIGTERM, and SIGKILL after that time.
  case after(Interval)
  /// drainit stays until the last has ended.
  case wait
}

/// Where the drain window's length comes from.
public enum WindowSource: UInt8, BitwiseCopyable, Sendable {
  /// `--drain`.
  case given
  /// `--plain`: there is no window.
  case plain
  /// K_SERVICE is set: Cloud Run and Knative stop only what has no traffic, or drain themselves.
  case knative
  /// KUBERNETES_SERVICE_HOST is set: 30 s of grace.
  case kubernetes
  /// ECS_CONTAINER_METADATA_URI_V4 is set: 30 s.
  case ecs
  /// None of these: Docker kills after 10 s, Nomad and Fly after 5.
  case elsewhere

  /// The window that nobody asked for.
  public var window: DrainRange {
    switch self {
    case .given, .plain, .knative: DrainRange(minimum: .zero, maximum: .zero)
    case .kubernetes, .ecs: DrainRange(minimum: .seconds(5), maximum: .seconds(12))
    // Below the shortest silence that means something a range could not end early.
    case .elsewhere: DrainRange(minimum: .seconds(3), maximum: .seconds(3))
    }
  }

  /// The grace that this window takes for granted; nil where none matters.
  public var assumedGrace: Interval? {
    switch self {
    case .given, .plain, .knative: nil
    case .kubernetes, .ecs: .seconds(30)
    case .elsewhere: .seconds(5)
    }
  }
}
