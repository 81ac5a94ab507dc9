/// Everything that the command line and the environment said, after both were read and checked.
///
/// An empty array or a nil stands for "not given"; what a default depends on (the platform, whether
/// drainit is PID 1) is decided later, by `DrainPlan`.
public struct Options {
  /// What drainit is asked to be.
  public var mode: Mode = .run
  /// The index in argv at which the app's command begins; argv's count where there is none.
  public var commandIndex: Int = 0
  /// `--probe URL`: what is asked; `tcp`, `http` or `grpc`.
  public var probe: Check?
  /// `--install PATH`.
  public var installPath: [UInt8] = []

  // The drain window.
  /// `--drain MIN..MAX`.
  public var drain: DrainRange?
  /// `--drain-signal`, repeatable; replaces the built-in rules.
  public var drainSignals: [Signal] = []
  /// `--stop-signal`.
  public var stopSignal: Signal?
  /// `--stop-timeout`.
  public var stopTimeout: Interval?
  /// `--grace`.
  public var grace: Interval?
  /// `--port`, repeatable: the app's ports.
  public var ports: [UInt16] = []
  /// `--port PATH`, repeatable: the app's UNIX sockets.
  public var socketPaths: [[UInt8]] = []
  /// `--until`, repeatable, all required; empty means `.quiet(for: nil)`.
  public var until: [UntilCondition] = []
  /// `--ignore CIDR`, repeatable: peers whose connections are no arrivals.
  public var ignored: [IPNetwork] = []
  /// `--unready-after`: how long after the drain signal `/readyz` goes on answering 200, for everybody; nil
  /// where not given: 0, and in Kubernetes longer for the kubelet. `end` is
  /// `.longest`, and the window's end comes first.
  public var unreadyAfter: Interval?
  /// `--drain-notice`: what the app is sent at the drain signal, beside no stop.
  public var drainNotice: Signal?

  // The first process.
  /// `--signal-to`.
  public var signalTo: SignalTarget = .app
  /// `--exit-map FROM:TO`, repeatable.
  public var exitMap: [ExitRewrite] = []
  /// `--plain`.
  public var isPlain = false
  /// `--rewrite A:B`, repeatable: A is passed on as B, or dropped where B is `.none`.
  public var rewrites: [SignalRewrite] = []
  /// `--known-programs on|off`.
  public var knowsPrograms = true
  /// `--parent-death-signal`: what drainit itself gets when its parent ends (PR_SET_PDEATHSIG).
  public var parentDeathSignal: Signal?
  /// `--orphans`.
  public var orphans: OrphanPolicy = .end
  /// `--start-after CHECK`, repeatable: the app is started when all of them hold.
  public var startAfter: [Check] = []
  /// `--start-timeout`; nil is for ever.
  public var startTimeout: Interval?

  // Readiness.
  /// `--listen [ADDR:]PORT`, or nil where not given; `off` is `.off`.
  public var listen: ListenAddress?
  /// `--ready CHECK`, repeatable; empty means `listening`.
  public var ready: [Check] = []
  /// `--live CHECK`, repeatable: what `/livez` asks beside whether the app runs.
  public var live: [Check] = []
  /// `--ready-every`.
  public var readyEvery: Interval = .milliseconds(250)
  /// `--ready-successes`, at least 1.
  public var readySuccesses: UInt32 = 1
  /// `--check-timeout`.
  public var checkTimeout: Interval = .seconds(1)
  /// `--check-header`, repeatable: whole header lines, `Name: value`, without the line end and without
  /// control bytes.
  public var checkHeaders: [[UInt8]] = []
  /// `--warmup`.
  public var warmup: Interval = .zero
  /// Whether a check is `notify`.
  public var usesNotify = false
  /// The descriptor of the checks `fd:N`; -1 for none.
  public var noticeDescriptor: Int32 = -1

  // The hooks.
  /// `--on-ready`, `--on-drain` and `--on-exit`, repeatable: when the gate first opens, at the drain
  /// signal, when the app has ended; by the number of their `HookMoment`.
  public var hooks = [[Check]](repeating: [], count: HookMoment.count)
  /// `--hook-timeout`, of each.
  public var hookTimeout: Interval = .seconds(5)
  /// `--hook-header`, repeatable: header lines for all requests, in which `${NAME}` still stands for the
  /// environment's.
  public var hookHeaders: [[UInt8]] = []
  /// `--hook-body`: the body of all requests, in which `${NAME}` still stands for the environment's.
  public var hookBody: [UInt8] = []

  // The log.
  /// `-v`, counted.
  public var verbosity: UInt8 = 0
  /// `-q`, `--quiet`.
  public var isQuiet = false
  /// `--log text|json`.
  public var logsJSON = false

  public init() {}

  /// The port of the endpoint; nil where there is none.
  var endpointPort: UInt16? {
    switch listen {
    case .off: nil
    case .on(_, let port): port
    case nil: EndpointLimits.port
    }
  }
}
