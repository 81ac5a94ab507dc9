@testable import DrainCore

/// One thing that the outside does, that long after the one before.
struct Step: CustomStringConvertible {
  var after: Interval
  var event: Event
  /// Whether drainit has a fault here, and comes back from its handed-over state.
  var comesBack = false

  var description: String {
    "+\(Double(after.nanoseconds) / 1e9)s \(event)\(comesBack ? " (fault)" : "")"
  }
}

/// A whole container's life: what was planned, what kind of app it is, and what happens.
struct History {
  var plan: DrainPlan
  var app: AppModel
  var steps: [Step]

  init(seed: UInt64) {
    var random = Random(seed: seed)
    plan = History.plan(&random)
    app = AppModel(&random)
    steps = []
    for _ in 0..<(1 + random.below(14)) { steps.append(History.step(&random)) }
  }

  private static func plan(_ random: inout Random) -> DrainPlan {
    let low = random.time(upTo: .seconds(10))
    let high = low + random.time(upTo: .seconds(10))
    let sources: [WindowSource] = [.given, .given, .kubernetes, .elsewhere, .knative]
    let source = sources[random.below(sources.count)]
    let range = source == .given ? DrainRange(minimum: low, maximum: high) : source.window
    while true {
      var plan = DrainPlan(window: range, source: source)
      if random.once(in: 2) { plan.grace = .seconds(Int64(random.below(60))) }
      if random.once(in: 2) { plan.stopTimeout = random.time(upTo: .seconds(10)) }
      if random.once(in: 3) { plan.exitHookTimeout = random.time(upTo: .seconds(5)) }
      plan.orphans = [.end, .wait, .after(random.time(upTo: .seconds(5)))][random.below(3)]
      plan.hasDrainHooks = random.once(in: 3)
      plan.hasReadyHooks = random.once(in: 3)
      plan.hasLiveCheck = random.once(in: 4)
      plan.hasUntilChecks = random.once(in: 4)
      plan.endsEarly = random.once(in: 2)
      plan.observes = plan.endsEarly || random.once(in: 2)
      plan.unreadyAfter = random.once(in: 3) ? random.time(upTo: .seconds(20)) : .zero
      plan.sparesKubelet = plan.unreadyAfter == .zero && random.once(in: 2)
      plan.notice = random.once(in: 5) ? .usr2 : .none
      plan.startsAfter = random.once(in: 6)
      if random.once(in: 2) { plan.startTimeout = random.time(upTo: .seconds(20)) }
      plan.signals = rules(&random)
      if random.once(in: 4) { plan.map(exitCode: 143, to: 0) }
      do throws(BudgetError) {
        try plan.fitIntoGrace()
        return plan
      } catch { continue }
    }
  }

  private static func rules(_ random: inout Random) -> SignalRules {
    var rules = SignalRules()
    rules.isFirstProcess = !random.once(in: 4)
    rules.isPlain = random.once(in: 12)
    rules.mayKnowPrograms = !random.once(in: 4)
    if random.once(in: 5) { rules.drainSignals.insert(.quit) }
    if random.once(in: 5) { rules.stopSignal = .hup }
    if random.once(in: 5) { rules.rewrite(.term, as: random.once(in: 2) ? .none : .usr1) }
    return rules
  }

  private static func step(_ random: inout Random) -> Step {
    let after = random.time(upTo: .seconds(8))
    return Step(after: after, event: event(&random), comesBack: random.once(in: 6))
  }

  private static func event(_ random: inout Random) -> Event {
    switch random.below(19) {
    case 0, 1, 2: .signal(ReceivedSignal(signal: .term), program: program(&random))
    case 3: .signal(ReceivedSignal(signal: .int), program: program(&random))
    case 4: .signal(ReceivedSignal(signal: .int, senderPID: 7), program: .other)
    case 5:
      .signal(
        ReceivedSignal(signal: Signal(Int32(1 + random.below(64)))), program: program(&random))
    case 6, 7, 8: .gateOpened
    case 9: .traffic(.quiet)
    case 10: .traffic(random.once(in: 2) ? .none : .closed)
    case 11: .appEnded(random.once(in: 2) ? .exited(code: 3) : .killed(.segv))
    case 12: .appStopped(random.once(in: 2) ? .tstp : .stop)
    case 13: .appContinued
    case 14: .extend(random.time(upTo: .seconds(30)))
    case 15: .watchdog(due: Instant(nanoseconds: random.time(upTo: .seconds(90)).nanoseconds))
    case 17: .kubeletAsked
    case 18: .arrived
    default: .startAllowed
    }
  }

  private static func program(_ random: inout Random) -> KnownProgram {
    KnownProgram(rawValue: UInt8(random.below(12))) ?? .other
  }
}

/// How the app and its surroundings answer what drainit does.
struct AppModel {
  var fails: Bool
  var listeners: Listeners
  /// How long it takes to stop; nil for one that ignores its stop signal.
  var stopsAfter: Interval?
  var isLive: Bool
  var liveAfter: Interval
  /// How long its hooks take; nil where they hang (the shell's own time limit does not help).
  var hooksTake: Interval?
  /// Whether its state is told before the effects of the same moment are done, as a file's is.
  var answersAtOnce: Bool
  var untilHolds: Bool
  /// How long left-overs take to end by themselves; nil where there are none.
  var leftoversLast: Interval?
  /// For how long its exec is held; nil where it is not.
  var execTakes: Interval?

  init(_ random: inout Random) {
    fails = random.once(in: 20)
    listeners = Listeners(rawValue: UInt8(random.below(6))) ?? .tcp
    stopsAfter = random.once(in: 4) ? nil : random.time(upTo: .seconds(12))
    isLive = !random.once(in: 3)
    liveAfter = random.time(upTo: .seconds(2))
    hooksTake = random.once(in: 4) ? nil : random.time(upTo: .seconds(8))
    answersAtOnce = random.once(in: 2)
    untilHolds = !random.once(in: 3)
    leftoversLast = random.once(in: 2) ? nil : random.time(upTo: .seconds(40))
    execTakes = random.once(in: 4) ? random.time(upTo: .seconds(30)) : nil
  }
}
