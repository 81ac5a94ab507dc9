import CLinux
import DrainCore

/// The plainest init there is, for when drainit cannot be executed anew: it passes signals on, keeps a stop's
/// deadlines, reaps, and ends with the app.
///
/// It runs in the handler of a fault. It allocates nothing and reads nothing but what was laid down here
/// beforehand: where the lifecycle was, its plan, and what the app was. What is to be done the lifecycle says,
/// as ever; what it would find out, check, run or write is left out.
struct LastLife {
  private var lifecycle: Lifecycle
  private let target: SignalTarget
  private var program = KnownProgram.other
  private var programs = ProgramGroups()
  private var order = EventOrder()
  private var hasBegun = false
  private var isLast = false
  /// Whether something was done that a next life would not know of.
  private(set) var hasActed = false

  init(_ plan: DrainPlan, _ target: SignalTarget) {
    lifecycle = Lifecycle(plan: plan)
    self.target = target
  }

  /// Takes over where the lifecycle was at the fault; at one of its own it goes on where it is itself.
  mutating func follow(_ handOver: HandOver) {
    if hasBegun { return }
    lifecycle.follow(handOver.lifecycle)
    program = handOver.program
    programs = handOver.programs
  }

  /// Lives to the end.
  mutating func live() -> Never {
    let cannot: StaticString = "cannot come back from a fault of its own: "
    if lifecycle.phase == .waiting {
      // There is no app, and nobody to start one any more.
      leaveWords(cannot, "nothing is started; ends with 125", isWhyItEnds: true)
      _exit(Int32(Lifecycle.ownFailure))
    }
    leaveWords(
      cannot,
      lifecycle.plan.holds
        ? "the window goes on; ends with 0"
        : "signals, stops and reaping go on without endpoint, checks, hooks; the code is the app's"
    )
    isLast = true
    while true { live(for: .seconds(1)) }
  }

  /// Lives for so long.
  @inline(never) mutating func live(for time: Interval) {
    let end = Clock.now() + time
    if !hasBegun {
      hasBegun = true
      order.begin()
      perform(lifecycle.resume(now: Clock.now()), isBeginning: true)
      work(through: order.next())
    }
    while true {
      let isDone = reap()
      if isLast { endHooks() }
      let now = Clock.now()
      if lifecycle.nextDeadline <= now { handle(.deadline) }
      if now >= end { return }
      // A child that ended without a signal of its own is seen within the second.
      let left = min(end, lifecycle.nextDeadline).since(now).millisecondsRoundedUp
      SignalQueue.wait(milliseconds: isDone ? Int32(truncatingIfNeeded: left) : 0)
      if let received = SignalQueue.nextAlone(), received.signal != .chld {
        handle(.signal(received, program: program))
      }
    }
  }

  @inline(never) private mutating func handle(_ event: Event) {
    if order.begins(with: event) { work(through: event) }
  }

  private mutating func work(through event: Event?) {
    var next = event
    while let event = next {
      let before = lifecycle.phase
      perform(lifecycle.handle(event, now: Clock.now()))
      if lifecycle.phase != before { hasActed = true }
      next = order.next()
    }
  }

  /// Does what can be done here; what that leads to waits until it is done.
  @inline(never) private mutating func perform(_ effects: Effects, isBeginning: Bool = false) {
    for index in 0..<effects.count {
      switch effects[index] {
      case .forward(let received, let signal): _ = send(received, as: signal)
      case .signalApp(let signal):
        hasActed = true
        let delivery = send(ReceivedSignal(signal: signal), as: signal)
        if signal == .kill, case .refused = delivery { handle(.killRefused) }
      case .signalLeftovers(let signal):
        hasActed = true
        // To a helper any other stop signal may be a dump, and who catches it is not read here.
        signalling(.all).send(signal == .kill ? .kill : .term)
      case .findLeftovers: handle(Reaper.hasChildren ? .leftoversFound : .nobodyLeft)
      // Those that run go on, and nobody is there to run others.
      case .runHooks(let moment): if !isBeginning { handle(.hooksEnded(moment)) }
      case .stopAsJob(let signal): handle(.isNoJob(signal))
      case .exit(let code): _exit(Int32(code))
      case .log, .startApp, .findListeners, .checkLive, .observeTraffic, .askUntil, .missWatchdog,
        .stopObserving, .continueAsJob:
        break
      }
    }
  }

  // Mutating, as all that is asked here, so that it is asked in place: there is little stack.
  @inline(never) private mutating func send(
    _ received: ReceivedSignal, as signal: Signal
  ) -> Delivery {
    if lifecycle.state.appPID <= 0 { return .nobody }
    // A value goes to one process at a time, and which those of a group are is not read here.
    if target == .app { return signalling(.app).forward(received, as: signal) }
    return signalling(target).send(signal)
  }

  /// To everybody is to all of the namespace, which is drainit's own only where it is PID 1; while its own
  /// hooks run it is to the app's group alone.
  @inline(never) private mutating func signalling(_ target: SignalTarget) -> Signalling {
    let isGroup = target == .all && (getpid() != 1 || runsPrograms)
    return Signalling(app: lifecycle.state.appPID, target: isGroup ? .group : target)
  }

  /// Reaps a bounded number of children; whether that were all.
  private mutating func reap() -> Bool {
    for _ in 0..<Reaper.childrenATurn {
      switch Reaper.next() {
      case .change(let change): take(change)
      case .nothingNow: return true
      case .noChildren:
        if lifecycle.hasApp { handle(.appEnded(.exited(code: UInt8.max))) }
        handle(.nobodyLeft)
        return true
      }
    }
    return false
  }

  private mutating func take(_ change: ChildChange) {
    let event: Event
    switch change.kind {
    case .exited(let code): event = .appEnded(.exited(code: code))
    case .killed(let signal): event = .appEnded(.killed(signal))
    case .stopped(let signal): event = .appStopped(signal)
    case .continued: event = .appContinued
    case .trapped:
      do throws(Errno) { try Reaper.letGo(change.pid) } catch {}
      return
    }
    if change.pid == lifecycle.state.appPID { handle(event) }
  }

  /// The hooks that ran at the fault have ended when no program of drainit's runs any more.
  private mutating func endHooks() {
    guard lifecycle.hooksRun, !runsPrograms else { return }
    for number in 0..<UInt8(HookMoment.count) {
      if let moment = HookMoment(rawValue: number) { handle(.hooksEnded(moment)) }
    }
  }

  /// Whether one of drainit's own hooks or checks runs still.
  private var runsPrograms: Bool {
    @inline(never) mutating get {
      for index in 0..<ProgramGroups.capacity {
        let group = programs[index]
        if group > 0 && kill(-group, 0) == 0 { return true }
      }
      return false
    }
  }
}

extension SecondLife {
  /// Tells what the options say, before anything is done that may fail.
  public static func store(_ plan: DrainPlan, target: SignalTarget, logsJSON: Bool) {
    lastWordsAreJSON = logsJSON
    guard let memory = malloc(MemoryLayout<LastLife>.size) else { return }
    let life = memory.assumingMemoryBound(to: LastLife.self)
    life.initialize(to: LastLife(plan, target))
    lastLife = life
  }
}

// What the handler needs, and it has no other way to be given it; nil before the options were read.
nonisolated(unsafe) var lastLife: UnsafeMutablePointer<LastLife>?
