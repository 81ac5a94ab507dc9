import CLinux
import DrainCore
import DrainLinux

// The app: its start, and what it leaves behind.

extension Supervisor {
  @inline(never) mutating func startApp() {
    var spawn = Spawn(
      arguments: command.appArguments(from: options.commandIndex),
      environment: notices.environment(command.environmentPointers),
      mask: sources.signals.originalMask,
      dispositions: sources.dispositions)
    if !lifecycle.plan.isFirstProcess {
      let stop = lifecycle.plan.signals.stopSignal
      spawn.parentDeathSignal = stop == .none ? .term : stop
    }
    if !options.isPlain {
      readiness.learnPorts()
      spawn.noticeNumber = options.noticeDescriptor
      if spawn.noticeNumber >= 0 { spawn.notice = notices.openPipe(sources.loop) }
    }
    SecondLife.withdraw()
    do throws(SpawnFailure) {
      let pid = try app.start(spawn)
      notices.closeWriter()
      // Noted at once: from here on a fault must not be the app's end.
      lifecycle.awaitExec(of: pid, now: Clock.now())
      remember()
      // Mostly that is a matter of microseconds, in which the app has the processor to itself.
      let outcome = app.awaitExec(sources.loop, within: 100)
      if outcome.failure == nil { leaveStart() }
      takeStart(outcome, isAtOnce: true)
    } catch {
      endStart(error)
    }
  }

  /// Takes what the exec of the app's program has come to.
  @inline(never) mutating func takeStart(_ outcome: ExecOutcome, isAtOnce: Bool = false) {
    let pid = lifecycle.state.appPID
    switch outcome {
    case .pending:
      if app.awaited == pid || app.awaited == 0 { break }
      // Who looks why it failed.
      lifecycle.awaitExec(of: app.awaited, now: Clock.now())
      remember()
    case .executed:
      // One that was ended while it was held never was the program.
      if isAtOnce || ProcessFiles.stat(pid)?.isExecuted != false {
        handle(.appStarted(pid: pid), Clock.now())
      }
    case .failed(let failure): endStart(failure)
    }
  }

  @inline(never) private mutating func endStart(_ failure: SpawnFailure) {
    log.context.obstacle = failure.obstacle
    log.write(.notExecuted(errno: failure.reason.number), lifecycle.state)
    handle(.appNotStarted(code: failure.exitCode), Clock.now())
  }

  /// Gives up what belongs to the app alone: inherited descriptors and the working directory.
  @inline(never) private mutating func leaveStart() {
    if !options.isPlain { readiness.learnInheritedPorts() }
    closeDescriptors()
    let directory = app.leaveDirectory()
    readiness.world.settings.directory = directory
    comeBack.keep(directory: directory)
  }

  /// Closes what is not drainit's own.
  @inline(never) mutating func closeDescriptors() {
    var own = OwnDescriptors()
    // What cron jobs and exec'd commands write to /proc/1/fd/1 is the container's log.
    for number in STDIN_FILENO...STDERR_FILENO { own.insert(number) }
    own.insert(sources.signals.number)
    own.insert(sources.faults.number)
    own.insert(sources.faults.handlerNumber)
    own.insert(sources.loop.number)
    app.insert(into: &own)
    own.insert(SecondLife.executableNumber)
    // Before the app was started somebody may have asked, and `--start-after` may have run.
    readiness.insert(into: &own)
    notices.insert(into: &own)
    log.insert(into: &own)
    own.closeOthers()
    StandardDescriptors.fill()
  }

  /// Asked once when the exit hooks are done with; later the reaper tells when nobody is left.
  @inline(never) mutating func findLeftovers() {
    handle(Reaper.hasChildren ? .leftoversFound : .nobodyLeft, Clock.now())
  }

  /// Names who was in the way when a timeout strikes.
  @inline(never) mutating func nameLeftovers(_ event: LogEvent) {
    switch event {
    case .killing, .leftovers(.kill): break
    default: return
    }
    let left = LeftOvers(sparing: readiness.world.programs)
    for index in 0..<left.namedCount {
      if let stat = left[index] { log.write(.inTheWay(stat), lifecycle.state) }
    }
    let more = left.count &- left.namedCount
    if more > 0 { log.write(.moreInTheWay(more), lifecycle.state) }
  }

  /// The app was stopped: drainit, its shell's job, takes the terminal back and stops as well.
  @inline(never) mutating func stopAsJob(_ signal: Signal) {
    if !app.stopAsJob(by: signal, lifecycle.state.appPID) { handle(.isNoJob(signal), Clock.now()) }
  }
}
