import CLinux
import DrainCore
import DrainLinux

/// Everything that runs beside the app, and the loop that joins it: wait, event, effects, system calls.
struct Supervisor: ~Copyable {
  let command: Command
  let options: Options
  var lifecycle: Lifecycle
  var log: Log
  var sources: Sources
  var readiness: Readiness
  var notices: NoticeSources
  var window: Window
  private var hasNotedLoop = false
  /// What the app was when it was looked at last: a last life goes by that.
  var knownProgram = KnownProgram.other
  var app: AppProcess
  var comeBack: ComeBack
  var reaping = Reaping()
  var reports: Reports
  private var idle = Rest(now: .never)
  var order = EventOrder()
  /// Set when there is nothing left to do.
  var exitCode: UInt8?

  init(
    _ command: Command, _ options: Options, _ plan: DrainPlan, _ earlier: EarlierLife?
  ) throws(StartError) {
    // Before any descriptor is opened: where 2 is closed, its number becomes something else's.
    let sink = LogSink(STDERR_FILENO)
    StandardDescriptors.fill()
    // Locals first: Swift does not undo half an init of a noncopyable value.
    let sources = try Supervisor.openSources(earlier?.handOver)
    let settings = ChildSettings(
      environment: command.environmentPointers, directory: earlier?.startDirectory,
      mask: sources.signals.originalMask, dispositions: sources.dispositions,
      logsJSON: options.logsJSON)
    let notices = try Supervisor.openNotices(options, earlier?.handOver, sources.loop)
    let readiness = try Readiness(options, command, earlier?.handOver, settings, sources.loop)
    var context = command.logContext(options, plan)
    context.gate = readiness.gateNames
    context.hooks = options.hooks
    context.startAfter = readiness.groups[.startAfter].pointee.gate.checks.names
    context.isJSON = options.logsJSON
    self.command = command
    self.options = options
    app = AppProcess(target: options.signalTo, sparing: readiness.world.programs)
    lifecycle = Lifecycle(plan: plan)
    comeBack = ComeBack(earlier?.handOver)
    self.sources = sources
    self.readiness = readiness
    self.notices = notices
    self.readiness.world.notices.watchdogPeriod = self.notices.watchdogPeriod
    reports = Reports(options, plan)
    window = Window(options, plan)
    log = Log(sink, options, context)
    if !plan.isFirstProcess {
      // Where the kernel is too old for it, orphans go to whoever is PID 1.
      do throws(Errno) { try Reaper.becomeSubreaper() } catch {}
    }
    if let signal = options.parentDeathSignal { _ = ParentDeath.request(signal) }
    if let earlier {
      resume(earlier)
      return
    }
    if let failure = self.readiness.listenFailure {
      log.write(.noEndpoint(port: failure.port, errno: failure.reason.number), lifecycle.state)
    }
  }

  @inline(never) private static func openNotices(
    _ options: Options, _ earlier: HandOver?, _ loop: borrowing EventLoop
  ) throws(StartError) -> NoticeSources {
    do throws(Errno) {
      return try NoticeSources(options, earlier, loop)
    } catch {
      throw StartError.refused(error)
    }
  }

  @inline(never) private static func openSources(_ earlier: HandOver?) throws(StartError) -> Sources
  {
    do throws(Errno) { return try Sources(earlier) } catch { throw StartError.refused(error) }
  }

  /// Runs the loop until drainit has nothing left to do; returns the exit code.
  mutating func run() -> UInt8 {
    if comeBack.lives.count == 0 { begin() }
    idle = Rest(now: Clock.now())
    while exitCode == nil {
      var deadline = nextDeadline
      if lifecycle.phase == .draining || isDue(deadline) {
        meetDeadlines()
        if exitCode != nil { break }
        deadline = nextDeadline
      }
      var count = sources.wait(until: deadline ?? rest())
      if count < 0 {
        count = 0
        doWithoutLoop(Errno.last)
      }
      if count > 0 { idle.disturb() }
      for index in 0..<count { take(sources.loop[index]) }
      while exitCode == nil, let received = sources.nextSignal() { take(received) }
      // What is left to reap is looked at again in the next turn, after everything else.
      if reaping.isOwed && reaping.nextDeadline <= Clock.now() { reap() }
    }
    return exitCode ?? Lifecycle.ownFailure
  }

  /// The wait is refused: signals are heard, and deadlines kept a little late; of the rest nothing is told.
  @inline(never) private mutating func doWithoutLoop(_ reason: Errno) {
    if !hasNotedLoop {
      hasNotedLoop = true
      log.write(.callFailed(errno: reason.number), lifecycle.state)
    }
    SignalQueue.wait(milliseconds: 50)
    sources.signals.becomeReadable()
    while let received = sources.faults.next() { take(received) }
  }

  /// Before a wait without an end: gives back what is not needed. Returns when to come back for it.
  /// It is in docker/idle.order by a name that a private function would not keep.
  @inline(never) mutating func rest() -> Instant? {
    // Who is about to end needs it all once more.
    if idle.isDone || lifecycle.phase > .serving { return nil }
    return idle.deadline(Clock.now()) { IdlePages.release() }
  }

  @inline(never) private mutating func begin() {
    let now = Clock.now()
    layReady()
    if lifecycle.plan.holds { readiness.learnPorts(again: true) }
    let effects = lifecycle.begin(now: now)
    // A window that is held has begun: from here on a fault must not be its end.
    if lifecycle.plan.holds { remember() }
    start(effects)
    let plan = lifecycle.plan
    // The app runs by now: the look costs its start nothing.
    if !plan.isFirstProcess && !plan.holds && plan.window.maximum > .zero
      && ProcessFiles.hasNamesakeAbove
    {
      log.write(.belowAnother, lifecycle.state)
    }
    if lifecycle.phase == .waiting {
      remember()
      attend(readiness.awaitStart(facts, sources.loop, now))
    }
  }

  /// The earliest moment at which something has to be done without an event; nil for none.
  ///
  /// It is mutating, as all that it asks are, so that they are asked in place: Swift 6.3.1 hands a large
  /// value to a getter as a copy on the stack, 40 KiB of them in every turn of the loop.
  private var nextDeadline: Instant? {
    @inline(never) mutating get {
      var next = min(
        window.nextDeadline, min(lifecycle.nextDeadline, readiness.nextDeadline))
      next = min(next, min(reaping.nextDeadline, sources.nextDeadline))
      return next == .never ? nil : next
    }
  }

  private func isDue(_ deadline: Instant?) -> Bool {
    guard let deadline else { return false }
    return deadline <= Clock.now()
  }

  /// Does what is due, and in the window in every turn sees whether it is over.
  @inline(never) private mutating func meetDeadlines() {
    let now = Clock.now()
    if lifecycle.nextDeadline <= now { handle(.deadline, now) }
    if readiness.nextDeadline <= now { attend(readiness.expire(facts, sources.loop, now)) }
    if lifecycle.phase == .draining && window.nextDeadline <= now { look(now) }
    judgeWindow()
  }

  @inline(never) private mutating func take(_ event: ReadyEvent) {
    switch EventSource(event.token) {
    case .signals:
      sources.signals.becomeReadable()
    case .start:
      takeStart(app.awaitExec(sources.loop))
    case .faults:
      while let received = sources.faults.next() { take(received) }
    case .traffic:
      takeTraffic(event)
    case .notify:
      takeMessages()
    case .notice:
      takeLine()
    case .endpoint:
      attend(readiness.take(event, facts, sources.loop, Clock.now()))
    case .checks(let role):
      attend(readiness.take(event, of: role, facts, sources.loop, Clock.now()))
    case nil:
      break
    }
  }

  /// What the endpoint has to know of the lifecycle.
  var facts: EndpointFacts {
    @inline(never) get {
      let isStopping = readiness.world.notices.isStopping
      var facts = EndpointFacts(
        phase: lifecycle.phase, mayBeReady: lifecycle.mayBeReady && !isStopping,
        appRuns: lifecycle.appRuns)
      facts.awaitsExec = lifecycle.hasApp && !lifecycle.appRuns
      facts.mayBeReadyForKubelet = lifecycle.mayBeReadyForKubelet && !isStopping
      facts.isStopping = isStopping
      facts.watchdog = readiness.world.notices.watchdog
      return facts
    }
  }

  /// Tells the lifecycle what the readiness side found out.
  @inline(never) mutating func attend(_ news: ReadinessNews) {
    if news.mayStart { handle(.startAllowed, Clock.now()) }
    if news.hasOpened {
      // By now an entrypoint script has become its program.
      knownProgram = look(for: ReceivedSignal(signal: .term))
      handle(.gateOpened, Clock.now())
    }
    if let isLive = news.isLive { handle(.live(isLive), Clock.now()) }
    if let holds = news.untilHolds { handle(.untilChecked(holds), Clock.now()) }
    if news.endedHooks != 0 { endHooks(news.endedHooks) }
    if news.kubeletAsked && lifecycle.plan.sparesKubelet { handle(.kubeletAsked, Clock.now()) }
    if news.wantsReport {
      reports.answer(
        facts, lifecycle.state, comeBacks: comeBack.lives.count, log, window, &readiness,
        sources.loop)
    }
    if let other = readiness.world.takeElsewhere() { note(other) }
    if readiness.world.hasChanged {
      readiness.world.hasChanged = false
      remember()
    }
  }
}
