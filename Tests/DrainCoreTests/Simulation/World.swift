@testable import DrainCore

/// What was violated, in words.
struct Violation: Error, CustomStringConvertible {
  var description: String
}

/// The outside of one lifecycle, in virtual time: it does what the effects say, lets time pass, and checks
/// after every event what must always hold.
struct World {
  var lifecycle: Lifecycle
  let app: AppModel
  var now = Instant(nanoseconds: 1_000_000_000)
  var pending: [(at: Instant, event: Event)] = []
  var exitCode: UInt8?
  var ending: Ending?
  var isAlive = false
  /// Whether its program is executed: nothing can be ready before.
  var isExecuted = false
  var seen = Invariants()
  /// The phases that it was in.
  var visited: [Phase] = []
  /// Whether its traffic is watched.
  private(set) var isObserving = false
  private var order = EventOrder()
  private var isPerforming = false
  /// How many signals could be passed on without a question to `handle`.
  var shortcuts = 0

  init(_ history: History) {
    lifecycle = Lifecycle(plan: history.plan)
    app = history.app
  }

  /// Whether processes that the app left behind live on.
  var hasLeftovers: Bool {
    pending.contains { if case .nobodyLeft = $0.event { $0.at > now } else { false } }
  }

  /// Lives the whole history and a calm end in which drainit must finish.
  mutating func live(_ history: History) throws(Violation) {
    try start(lifecycle.begin(now: now))
    for step in history.steps {
      try pass(to: now + step.after)
      if exitCode != nil { return }
      if step.comesBack { try comeBack() }
      try deliver(step.event)
    }
    try calmEnd()
  }

  /// A person stops the container and, when nothing else helps, the app's owner kills it.
  private mutating func calmEnd() throws(Violation) {
    try deliver(.startAllowed)
    try pass(to: now + .seconds(200))
    if exitCode == nil { try deliver(.appEnded(.exited(code: 0))) }
    try pass(to: now + .seconds(200))
    if exitCode == nil { throw Violation(description: "drainit did not end after the app had") }
  }

  /// Lets time pass: what is pending and every deadline happen in their order.
  private mutating func pass(to end: Instant) throws(Violation) {
    var turns = 0
    while exitCode == nil {
      turns += 1
      if turns > 10_000 { throw Violation(description: "busy loop: deadlines that never pass") }
      let deadline = lifecycle.nextDeadline
      let next = pending.map(\.at).min() ?? .never
      let moment = min(deadline, next)
      if moment > end { break }
      now = max(now, moment)
      if deadline <= next {
        let before = lifecycle.state
        try deliver(.deadline)
        // One that follows from it may be due at once: the app and what it leaves may be given no time at all.
        let isNew =
          lifecycle.phase != before.phase
          || lifecycle.state.dealsWithLeftovers != before.dealsWithLeftovers
        if exitCode == nil && lifecycle.nextDeadline <= now && !isNew {
          throw Violation(description: "a deadline that was handled is still due")
        }
      } else if let index = pending.firstIndex(where: { $0.at == next }) {
        try deliver(pending.remove(at: index).event)
      }
    }
    now = max(now, end)
  }

  private mutating func deliver(_ event: Event) throws(Violation) {
    // What effects raise is handled to its end; from outside nothing comes any more.
    if exitCode != nil && !isPerforming { return }
    if order.begins(with: event) { try work(through: event) }
  }

  /// As the Supervisor does it: what an effect raises is handled when those before it are done.
  private mutating func work(through event: Event?) throws(Violation) {
    var next = event
    while let event = next {
      try take(event)
      next = order.next()
    }
    if order.takeLost() > 0 { throw Violation(description: "an event was lost") }
  }

  /// Does what a beginning or a come-back comes to, and what that leads to.
  private mutating func start(_ effects: Effects) throws(Violation) {
    order.begin()
    try perform(effects)
    try work(through: order.next())
  }

  private mutating func take(_ event: Event) throws(Violation) {
    var event = event
    switch event {
    case .appEnded(let how):
      guard isAlive else { return }
      isAlive = false
      ending = how
      pending.append((now + (app.leftoversLast ?? .zero), .nobodyLeft))
    case .appStarted:
      guard isAlive else { return }
      isExecuted = true
    case .appNotStarted(let code):
      guard isAlive else { return }
      // Another child had looked why.
      lifecycle.awaitExec(of: 8, now: now)
      isAlive = false
      ending = .exited(code: code)
    case .gateOpened:
      guard isAlive, isExecuted else { return }
    case .appStopped, .appContinued, .extend:
      guard isAlive else { return }
    case .traffic, .arrived:
      guard isObserving else { return }
    case .signal(let received, let program):
      // The shell looks the program up only where it matters.
      if !lifecycle.plan.signals.needsProgram(for: received) {
        event = .signal(received, program: .other)
        _ = program
      }
    default: break
    }
    try seen.before(event, self)
    let effects = try handle(event)
    try seen.after(event, effects, self)
    if visited.last != lifecycle.phase { visited.append(lifecycle.phase) }
    try perform(effects)
    if case .listeners(let found) = event { try checkWatched(found) }
  }

  /// Who asked what the app listens on watches it, if there is something to see.
  private func checkWatched(_ found: Listeners) throws(Violation) {
    guard lifecycle.phase == .draining, lifecycle.plan.observes, !isObserving else { return }
    switch found {
    case .tcp, .both, .partly, .unknown:
      throw Violation(description: "nobody watches the app's traffic")
    case .none, .client, .unseen: break
    }
  }

  /// Does effects in their order.
  private mutating func perform(_ effects: Effects) throws(Violation) {
    isPerforming = true
    for index in 0..<effects.count {
      try seen.performing(effects[index], self)
      try apply(effects[index])
    }
    isPerforming = false
  }

  /// Where the shell may pass a signal on without a question to `handle`, that must be all there is to do.
  private mutating func handle(_ event: Event) throws(Violation) -> Effects {
    var shortcut: Signal?
    if case .signal(let received, let program) = event {
      // Without the look-up it may only say less.
      shortcut = lifecycle.passesOn(received, to: program)
      if let blind = lifecycle.passesOn(received, to: nil), blind != shortcut {
        throw Violation(description: "the app's name decides what becomes of \(blind)")
      }
    }
    let before = lifecycle.state
    let effects = lifecycle.handle(event, now: now)
    guard let shortcut else { return effects }
    shortcuts += 1
    guard effects.isForwarding, case .forward(_, let signal) = effects[0], signal == shortcut,
      lifecycle.state == before
    else { throw Violation(description: "more was to be done than to pass \(shortcut) on") }
    return effects
  }

  private mutating func comeBack() throws(Violation) {
    var handOver = HandOver.empty
    handOver.lifecycle = lifecycle.state
    var text = ByteBuffer(capacity: HandOver.textSize)
    handOver.append(to: &text)
    guard text.cut == 0, let read = HandOver(text.bytes), read == handOver else {
      throw Violation(description: "the state did not survive being written and read back")
    }
    lifecycle = Lifecycle(plan: lifecycle.plan, resuming: read.lifecycle)
    forgetWhatWasUnderWay()
    let effects = lifecycle.resume(now: now)
    try seen.after(.deadline, effects, self)
    try start(effects)
  }

  /// Its checks, hooks and watch were the earlier life's: nobody answers for them any more.
  private mutating func forgetWhatWasUnderWay() {
    order = EventOrder()
    isObserving = false
    isExecuted = isAlive
    pending = pending.compactMap { one -> (at: Instant, event: Event)? in
      switch one.event {
      case .live, .untilChecked, .hooksEnded, .appStarted: nil
      // Nobody reads the reason; the child ends with its code.
      case .appNotStarted(let code): (one.at, .appEnded(.exited(code: code)))
      default: one
      }
    }
    seen.comeBack()
  }

  private mutating func apply(_ effect: Effect) throws(Violation) {
    switch effect {
    case .startApp:
      isAlive = true
      lifecycle.awaitExec(of: 7, now: now)
      let event = app.fails ? Event.appNotStarted(code: 127) : .appStarted(pid: 7)
      if let time = app.execTakes {
        pending.append((now + time, event))
      } else {
        try deliver(event)
      }
    case .findListeners: try deliver(.listeners(app.listeners))
    case .checkLive:
      if app.answersAtOnce {
        try deliver(.live(app.isLive))
      } else {
        pending.append((now + app.liveAfter, .live(app.isLive)))
      }
    case .askUntil:
      if app.answersAtOnce {
        try deliver(.untilChecked(app.untilHolds))
      } else {
        pending.append((now + app.liveAfter, .untilChecked(app.untilHolds)))
      }
    case .runHooks(let moment):
      if let time = app.hooksTake { pending.append((now + time, .hooksEnded(moment))) }
    case .signalApp(.kill):
      if isAlive { pending.append((now, .appEnded(.killed(.kill)))) }
    case .signalApp(let signal):
      let isStop = signal == lifecycle.state.stopSignal && lifecycle.phase == .stopping
      if isAlive, isStop, let time = app.stopsAfter {
        pending.append((now + time, .appEnded(.killed(signal))))
      }
    case .findLeftovers:
      let isLeft = pending.contains { if case .nobodyLeft = $0.event { true } else { false } }
      try deliver(isLeft ? .leftoversFound : .nobodyLeft)
    case .signalLeftovers(.kill): pending.append((now, .nobodyLeft))
    case .exit(let code): exitCode = code
    case .observeTraffic: isObserving = true
    case .stopObserving:
      if !isObserving { throw Violation(description: "a watch ended that had not begun") }
      isObserving = false
    case .forward, .signalLeftovers, .stopAsJob, .continueAsJob, .missWatchdog, .log: break
    }
  }
}
