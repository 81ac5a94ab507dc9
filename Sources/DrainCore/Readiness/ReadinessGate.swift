/// What the gate is told to want before it opens.
public struct GateSettings: BitwiseCopyable, Sendable {
  /// How many rounds in a row must hold, at least 1.
  public var successes: UInt32
  /// For how long the checks must go on holding after that.
  public var warmup: Interval

  public init(successes: UInt32 = 1, warmup: Interval = .zero) {
    self.successes = max(successes, 1)
    self.warmup = warmup
  }
}

/// What the gate must not forget when drainit comes back from a fault of its own.
public struct GateMemory: Equatable, BitwiseCopyable, Sendable {
  /// Whether the gate has opened; it never closes again.
  public var isOpen = false
  /// How many rounds have held in a row.
  public var successes: UInt32 = 0
  /// When the warm-up is over; never while there is none.
  public var warmupEnd = Instant.never

  public init() {}
}

/// What the gate is told.
public enum GateEvent: BitwiseCopyable, Sendable {
  /// The app runs: the checks may begin.
  case started
  /// A check that the gate had asked for has an outcome.
  case finished(check: Int, CheckOutcome)
  /// Somebody wants to know whether the checks hold, and waits for `answer`.
  case asked
  /// `nextDeadline` is reached.
  case deadline
  /// Nobody needs the checks any more: the app is being stopped or has ended.
  case stopped
}

/// What the gate wants done.
public struct GateEffects: Equatable, BitwiseCopyable, Sendable {
  /// The checks to run now; each is answered by `finished`.
  public var run = CheckMask()
  /// The gate has just opened.
  public var hasOpened = false
  /// Whoever asked is to be answered now.
  public var answer = false
}

/// Decides when the app counts as ready.
///
/// Until the gate opens, the checks run by themselves, and who asks is answered at once by what is
/// known. From then on they run when somebody asks, and an idle container does nothing.
public struct ReadinessGate: Sendable {
  /// The checks and their outcomes.
  public private(set) var checks: CheckSchedule
  /// What has to survive a fault.
  public private(set) var memory: GateMemory
  public let settings: GateSettings
  private var isActive = false

  /// Makes a gate that is closed, or one that goes on where `memory` says.
  public init(checks: CheckSchedule, settings: GateSettings, memory: GateMemory = GateMemory()) {
    self.checks = checks
    self.settings = settings
    self.memory = memory
  }

  /// Whether it has opened.
  public var isOpen: Bool { memory.isOpen }

  /// When `deadline` is due: never once the gate is open, or while a round is under way.
  public var nextDeadline: Instant {
    @inline(__always) get {
      guard isActive, !memory.isOpen, !checks.isRunning else { return .never }
      return min(checks.nextRound, memory.warmupEnd)
    }
  }

  /// Takes what happened and says what is to be done.
  public mutating func handle(_ event: GateEvent, at now: Instant) -> GateEffects {
    var effects = GateEffects()
    switch event {
    case .started:
      isActive = true
      goOn(at: now, &effects)
    case .deadline:
      goOn(at: now, &effects)
    case .asked:
      // Before it opens the last outcomes answer: they are never older than a round.
      if isActive && memory.isOpen { effects.run = checks.startRound(at: now) }
      effects.answer = !memory.isOpen || !checks.isRunning
    case .finished(let check, let outcome):
      guard checks.finish(check, outcome, at: now) else { break }
      effects.answer = true
      if !memory.isOpen { countRound(at: now) }
      goOn(at: now, &effects)
    case .stopped:
      isActive = false
      checks.abandonRound()
      effects.answer = true
    }
    return effects
  }

  /// Opens the gate or starts the next round, where it is time.
  private mutating func goOn(at now: Instant, _ effects: inout GateEffects) {
    guard isActive, !memory.isOpen, !checks.isRunning else { return }
    if memory.warmupEnd <= now || checks.count == 0 {
      memory.isOpen = true
      memory.warmupEnd = .never
      effects.hasOpened = true
      return
    }
    effects.run = checks.startRound(at: now)
  }

  private mutating func countRound(at now: Instant) {
    guard checks.allHold else {
      memory.successes = 0
      memory.warmupEnd = .never
      return
    }
    if memory.successes < UInt32.max { memory.successes &+= 1 }
    if memory.successes >= settings.successes && memory.warmupEnd == .never {
      memory.warmupEnd = now + settings.warmup
    }
  }
}
