import CLinux
import DrainCore

/// The plainest init there is, for when drainit cannot be executed anew: it passes signals on, begins the
/// stop, reaps, and ends with the app.
///
/// It runs in the handler of a fault. It allocates nothing and reads nothing but what was laid down here
/// beforehand: the app's pid, its signals, and how long each part of a stop may take.
struct LastLife: BitwiseCopyable {
  private var phase = Phase.waiting
  private var app: Int32 = 0
  /// How the app ended, where it has.
  private var code: Int32 = 0
  private var stop = Signal.none
  private var windowEnd = Int64.max
  private var killAt = Int64.max
  /// When a stop was asked for; the end of time where none was.
  private var stopAskedAt = Int64.max
  /// Of the way out: whether exit hooks run, who was told, and how often a stop was asked for.
  private var hooksRun = false
  private var hasToldLeft = false
  private var leavingSignals: UInt8 = 0
  private var programs = ProgramGroups()
  /// Whether something was done that a next life would not know of.
  private(set) var hasActed = false
  /// What of it the options say.
  var plan = LastPlan()

  /// Takes over where the lifecycle is.
  mutating func note(_ state: LifecycleState, _ programs: ProgramGroups) {
    self.programs = programs
    stopAskedAt = state.stopAskedAt == .never ? .max : state.stopAskedAt.nanoseconds
    hooksRun = state.exitHooksRun
    hasToldLeft = state.hasToldLeftovers
    leavingSignals = state.leavingSignals
    phase = state.phase
    app = state.appPID
    code = Int32(state.ending.code)
    stop = state.stopSignal
    windowEnd = state.windowMaximum.nanoseconds
    killAt = (state.phase == .leaving ? state.leaveAt : state.killAt).nanoseconds
  }

  /// Lives for so many nanoseconds, or for ever.
  mutating func live(for time: Int64) {
    // There is no app, and nobody to start one any more.
    if time == .max && phase == .waiting { _exit(Int32(Lifecycle.ownFailure)) }
    let end = time == .max ? Int64.max : LastLife.now() &+ time
    while true {
      reap()
      let now = LastLife.now()
      keepDeadlines(now)
      if now >= end { return }
      if let received = LastLife.next(before: min(end, nextDeadline), now) { take(received) }
    }
  }

  private var nextDeadline: Int64 {
    switch phase {
    case .draining: windowEnd
    case .stopping, .leaving: killAt
    case .waiting, .starting, .serving, .killing, .exited: .max
    }
  }

  private mutating func keepDeadlines(_ now: Int64) {
    if phase == .leaving && hooksRun && (killAt <= now || !runsPrograms) { return endHooks(now) }
    if nextDeadline > now { return }
    hasActed = true
    switch phase {
    case .draining:
      phase = .stopping
      killAt = plan.stopTimeout == .max ? .max : now &+ plan.stopTimeout
      if stop != .none { send(stop) }
      // A stopped process acts on no signal but SIGKILL until it is continued.
      send(.cont)
    case .stopping:
      phase = .killing
      send(.kill)
      // Nobody can: it ends with drainit, where that is PID 1.
      if kill(app, 0) == -1 && linux_errno() == EPERM {
        code = 128 &+ SIGKILL
        finish()
      }
    default:
      sendToLeft(.kill)
      finish()
    }
  }

  private mutating func take(_ received: ReceivedSignal) {
    let signal = received.signal
    if signal == .chld || signal == .ttin || signal == .ttou { return }
    let isDrain = plan.isKnown ? plan.drains.contains(signal) : signal == .term
    switch phase {
    case .waiting: if isDrain { _exit(128 &+ signal.number) }
    case .starting, .serving:
      if !isDrain { return send(signal) }
      hasActed = true
      phase = .draining
      stop = plan.stop == .none ? signal : plan.stop
      stopAskedAt = LastLife.now()
      windowEnd = stopAskedAt &+ plan.window
    case .draining, .stopping, .killing: if !isDrain { send(signal) }
    case .leaving, .exited:
      if isDrain { stopLeft() }
    }
  }

  private func send(_ signal: Signal) {
    if app <= 0 { return }
    switch plan.target {
    case .all where getpid() == 1: _ = kill(-1, signal.number)
    case .group: _ = kill(-app, signal.number)
    case .app, .all: _ = kill(app, signal.number)
    }
  }

  private mutating func reap() {
    var record = siginfo_t()
    while true {
      record = siginfo_t()
      let options = linux_WEXITED | linux_WNOHANG
      if linux_waitid(linux_P_ALL, 0, &record, options) != 0 {
        if linux_errno() == ECHILD && (phase == .leaving || phase == .exited) { finish() }
        return
      }
      let pid = linux_si_pid(&record)
      if pid == 0 { return }
      let kind = linux_si_code(&record)
      if kind == linux_CLD_TRAPPED {
        do throws(Errno) { try Reaper.letGo(pid) } catch {}
      } else if pid == app && phase != .leaving {
        let status = linux_si_status(&record)
        code = kind == linux_CLD_EXITED ? status : 128 &+ status
        hasActed = true
        phase = .leaving
        // Nobody is left to run the exit hooks.
        endHooks(LastLife.now())
      }
    }
  }

  /// What the app left behind is dealt with from here on.
  private mutating func endHooks(_ now: Int64) {
    hasActed = true
    hooksRun = false
    killAt = .max
    switch plan.orphans {
    case .end: finish()
    case .after(let time):
      killAt = now &+ time.nanoseconds
      tellLeft()
    case .wait:
      if stopAskedAt == .max { return }
      boundLeft(now)
      tellLeft()
    }
  }

  /// Those that are waited for have until the end of the grace, as `DrainPlan.leftoversEnd` has it.
  private mutating func boundLeft(_ now: Int64) {
    guard plan.orphans == .wait, !hooksRun, plan.leftGrace != .max else { return }
    killAt = max(now &+ plan.leastLeft, stopAskedAt &+ plan.leftGrace)
  }

  /// A stop on the way out; the second one kills.
  private mutating func stopLeft() {
    hasActed = true
    if leavingSignals < 2 { leavingSignals &+= 1 }
    if leavingSignals > 1 { return sendToLeft(.kill) }
    if stopAskedAt == .max {
      stopAskedAt = LastLife.now()
      boundLeft(stopAskedAt)
    }
    tellLeft()
  }

  private mutating func tellLeft() {
    if hasToldLeft { return }
    hasToldLeft = true
    // To a helper any other stop signal may be a dump, and who catches it is not read here.
    sendToLeft(.term)
  }

  /// To all of the namespace, which is drainit's own only where it is PID 1; while its own hooks run to the
  /// app's group alone.
  private func sendToLeft(_ signal: Signal) {
    if getpid() == 1 && !runsPrograms {
      _ = kill(-1, signal.number)
    } else if app > 0 {
      _ = kill(-app, signal.number)
    }
  }

  /// Whether one of drainit's own hooks or checks runs still.
  private var runsPrograms: Bool {
    for index in 0..<ProgramGroups.capacity {
      let group = programs[index]
      if group > 0 && kill(-group, 0) == 0 { return true }
    }
    return false
  }

  private func finish() -> Never {
    _exit(plan.isKnown ? Int32(plan.codes[Int(code & 255)]) : code)
  }

  private static func now() -> Int64 {
    var time = timespec()
    _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// The next of the signals, which are all blocked; nil where none comes until then.
  ///
  /// The corresponding C function is `sigtimedwait`.
  private static func next(before end: Int64, _ now: Int64) -> ReceivedSignal? {
    var set = SignalQueue.blocked.bits
    var record = siginfo_t()
    // A child that ended without a signal of its own is seen within the second.
    let wait = max(0, min(end &- now, 1_000_000_000))
    var time = timespec()
    time.tv_sec = Int(wait / 1_000_000_000)
    time.tv_nsec = Int(wait % 1_000_000_000)
    let number = withUnsafePointer(to: &time) { time in
      withUnsafeMutablePointer(to: &record) { record in
        withUnsafeMutablePointer(to: &set) {
          linux_syscall(
            Int(SYS_rt_sigtimedwait), Int(bitPattern: $0), Int(bitPattern: record),
            Int(bitPattern: time), MemoryLayout<UInt64>.size, 0, 0)
        }
      }
    }
    if number > 0 { return ReceivedSignal(&record) }
    let error = linux_errno()
    if error != EAGAIN && error != EINTR {
      // Refused: not to ask without a pause.
      var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
      _ = nanosleep(&pause, nil)
    }
    return nil
  }
}

/// What the last life has to know of the options.
public struct LastPlan: BitwiseCopyable, Sendable {
  /// Whether it was told: a fault may come before the options were read.
  var isKnown = false
  /// The signals that begin the stop.
  var drains = SignalSet()
  /// What the app is sent then; none for the signal that came.
  var stop = Signal.none
  var target = SignalTarget.app
  /// How long the window is, and then the time until SIGKILL, in nanoseconds; the latter may have no end.
  var window: Int64 = 0
  var stopTimeout = Int64.max
  /// What becomes of what the app leaves behind; from a stop on it has so long where it is waited for, and at
  /// least so long once it is told. The former may have no end.
  var orphans = OrphanPolicy.end
  var leftGrace = Int64.max
  var leastLeft: Int64 = 0
  /// What drainit ends with where the app has ended with each code.
  var codes = InlineArray<256, UInt8>(repeating: 0)

  init() {}

  /// Reads it off the plan.
  public init(_ plan: DrainPlan, target: SignalTarget) {
    isKnown = true
    self.target = target
    drains = plan.signals.drainSignals
    if drains.isEmpty && !plan.signals.isPlain { drains.insert(.term) }
    stop = plan.signals.stopSignal
    window = plan.window.maximum.nanoseconds
    let start = Instant(nanoseconds: 0)
    let kill = plan.killTime(now: start + plan.window.maximum, drainedAt: start)
    if kill != .never { stopTimeout = kill.nanoseconds &- window }
    orphans = plan.orphans
    let left = plan.leftoversEnd(now: start, stopAskedAt: start)
    if left != .never { leftGrace = left.nanoseconds }
    leastLeft = Budget.leastOrphans.nanoseconds
    for code in 0..<256 { codes[code] = plan.exitCode(UInt8(truncatingIfNeeded: code)) }
  }
}

extension SecondLife {
  /// Tells what is left to do where drainit cannot be executed anew.
  public static func store(_ plan: LastPlan) { lastLife.plan = plan }
}

// What the handler needs, and it has no other way to be given it.
nonisolated(unsafe) var lastLife = LastLife()
