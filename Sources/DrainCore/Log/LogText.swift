// What each event says, in words: the subject, what happened, what happens next and when.

extension ByteBuffer {
  mutating func append(_ event: LogEvent, _ state: LifecycleState, _ context: LogContext) {
    switch event {
    case .started: appendStarted(state, context)
    case .notExecutedYet(let after):
      append(printable: context.command.span)
      append(" is not executed yet after ")
      append(after)
      append(": something holds its file (a scanner, or an image that is still being fetched)")
    case .ready(let after):
      append("ready after ")
      append(after)
    case .draining(let signal, let minimum, let maximum, let stop):
      if context.plan.holds {
        append("holding for ")
        return append(DrainRange(minimum: minimum, maximum: maximum))
      }
      append(signal)
      append(": draining for ")
      append(DrainRange(minimum: minimum, maximum: maximum))
      append(", then ")
      append(stop: stop, state, context)
    case .notDraining(let signal, _):
      if context.plan.holds { append("--hold") } else { append(signal) }
      append(": no drain window")
    case .windowChanged(let change, let left): append(change, left, context)
    case .repeated(let signal, let phase, let left): append(repeated: signal, phase, left)
    case .unready: append("not ready from now on (--unready-after)")
    case .kubeletUnready: append("not ready from now on for the kubelet, too")
    case .stopping(let end, let stop, let killAfter):
      append(stopping: end, stop, killAfter, state, context)
    case .extended(let left):
      appendApp(state, context)
      append(" asked for more time: SIGKILL in ")
      append(left)
    case .killing(let after):
      appendApp(state, context)
      append(" did not stop within ")
      append(after)
      append(": SIGKILL")
      append(refusal: context)
    case .dropped(let signal, let phase):
      append(signal)
      append(phase == .waiting ? " dropped: there is no app yet" : " is not passed on")
    case .forwarded(let signal, let other):
      append(signal)
      append(" passed on to ")
      appendApp(state, context)
      if other != signal {
        append(" as ")
        append(other)
      }
    case .refused(let signal, let errno):
      append(signal)
      append(" to ")
      appendApp(state, context)
      append(" was refused")
      if context.isRefusalPartial { append(" by some of its processes") }
      append(": ")
      // EAGAIN of a signal with a value; elsewhere it is of a process.
      if errno == 11 {
        append("its queue of signals is full (ulimit -i)")
      } else {
        append(errno: errno)
      }
      if errno == 1 { append(" (another user's process, and drainit has no CAP_KILL)") }
    case .continued(let signal):
      appendApp(state, context)
      append(" was stopped by ")
      append(signal)
      append(", and nobody else could continue it: SIGCONT")
    case .stopped(let signal):
      appendApp(state, context)
      append(" was stopped by ")
      append(signal)
      append(" and stays so until SIGCONT")
    case .ended: append(Summary(state, context.plan), state, context)
    case .leftovers(let signal):
      append(signal)
      append(" to the processes that are left")
      append(refusal: context)
    case .reaped(let pid, let ending):
      append("reaped: pid ")
      append(decimal: Int64(pid))
      append(ending)
    case .inTheWay(let stat): appendInTheWay(stat)
    case .moreInTheWay(let count):
      append("in the way: ")
      append(decimal: Int64(count))
      append(" more")
    case .waitingForLeftovers: append("waiting until the last process has ended (--orphans wait)")
    case .waitingForStart:
      append("waiting for ")
      append(names: context.startAfter)
      append(" (--start-after)")
    case .startTimedOut(let after):
      append("--start-after did not hold within ")
      append(after)
      append(": not started")
    case .endedWaiting(let signal):
      append(signal)
      append(" before the start: ")
      append(printable: context.program.span)
      append(" was not started")
    case .notExecuted(let errno):
      append(notExecuted: context.command.span, context.obstacle, errno: errno)
    case .noEndpoint(let port, let errno): append(noEndpoint: port, errno)
    case .belowAnother:
      append("below another drainit: where both have a window a stop lasts their sum")
      append(" (--drain 0 or --plain for one of them)")
    case .linesDropped(let count):
      append(decimal: count)
      append(count == 1 ? " line was" : " lines were")
      append(" dropped: the log could not take them")
    case .lost(let count):
      append(decimal: count)
      append(" decisions lost: a mistake of drainit's own")
    case .watching: append(watching: context)
    case .listensElsewhere(let other):
      appendApp(state, context)
      append(elsewhere: other, context)
    case .cannotObserve(let errno):
      append("arrivals cannot be seen (")
      append(errno: errno)
      append("): the window lasts its ")
      append(state.hasOpened ? "maximum" : "minimum")
    case .cameBack(let signal, let count, let isBare):
      append("came back from a fault of its own (")
      if signal != .none {
        append(signal)
        append(", ")
      }
      append(decimal: UInt64(count))
      append(count == 1 ? " time so far); " : " times so far); ")
      if context.plan.holds {
        append("the window")
      } else if state.appPID == 0 {
        append("the wait for --start-after")
      } else {
        appendApp(state, context)
      }
      append(" goes on")
      if isBare { append("; endpoint, checks and observation stay off") }
    case .hookEnded(let moment, let hook, let outcome):
      append(moment.option)
      append(" ")
      append(context.hooks[moment][hook].text)
      append(": ")
      if case .fails(let failure) = outcome { failure.append(to: &self) } else { append("done") }
    case .hooksNotRun(let moment):
      append(moment.option)
      append(" was not run: what --on-ready runs took longer than the window")
    case .notified(let notice):
      appendApp(state, context)
      append(notice, context)
    case .callFailed(let errno):
      append("a system call failed that should not have, and is left at that: ")
      append(errno: errno)
    }
  }

  @inline(never) private mutating func append(_ notice: AppNotice, _ context: LogContext) {
    switch notice {
    case .reloading: append(" reloads its configuration")
    case .reloaded(let after):
      append(" has reloaded its configuration in ")
      append(after)
    case .stopping: append(" says that it stops: not ready")
    case .missed(let period):
      append(" missed its watchdog of ")
      append(period)
      append(": /livez fails")
    case .triggered: append(" triggered its watchdog: /livez fails")
    case .status:
      append(" says: ")
      let text = context.status.span
      append(printable: text.before(text.index(of: 0) ?? text.count))
    }
  }

  private mutating func appendInTheWay(_ stat: ProcessStat) {
    append("in the way: ")
    append(printable: stat.name.bytes)
    append(" (pid ")
    append(decimal: Int64(stat.pid))
    append("), ")
    switch stat.state {
    case UInt8(ascii: "R"): append("running")
    case UInt8(ascii: "S"): append("sleeping")
    case UInt8(ascii: "D"): append("waiting for a device, which no signal ends")
    case UInt8(ascii: "T"), UInt8(ascii: "t"): append("stopped")
    case UInt8(ascii: "Z"): append("ended, and its parent has not noticed")
    default: append(printable: [stat.state])
    }
  }

  private mutating func appendStarted(_ state: LifecycleState, _ context: LogContext) {
    let plan = context.plan
    appendApp(state, context)
    append(" started")
    if plan.windowSource == .plain { return }
    if context.gate.count > 0 {
      append("; ready when ")
      append(names: context.gate)
    }
    if plan.window.maximum == .zero {
      append("; a stop has no drain window")
    } else {
      append("; a stop drains for ")
      append(plan.endsEarly ? plan.window : plan.fixedWindow)
    }
    append(sourceOf: plan)
  }

  private mutating func append(names: [[UInt8]]) {
    for index in 0..<names.count {
      if index > 0 { append(" and ") }
      append(printable: names[index])
    }
  }

  /// Appends where the window comes from, and the grace it takes for granted, in brackets.
  mutating func append(sourceOf plan: DrainPlan) {
    append(" (")
    append(plan.windowSource.name)
    if let grace = plan.grace {
      append(", --grace ")
      append(grace)
    } else if let grace = plan.windowSource.assumedGrace {
      append(", taking ")
      append(grace)
      append(" of grace for granted")
    }
    append(")")
  }

  @inline(never)
  mutating func append(stop: Signal, _ state: LifecycleState, _ context: LogContext) {
    if stop == .none {
      append("nothing (--rewrite drops it)")
    } else {
      append(stop)
      append(" to ")
      appendApp(state, context)
    }
  }

  private mutating func append(_ change: WindowChange, _ left: Interval, _ context: LogContext) {
    switch change {
    case .noListener:
      append(printable: context.program.span)
      append(" listens on nothing: nobody to wait for")
      return
    case .client: return append(clientPort: context)
    case .unseen: append("no TCP listener, so arrivals cannot be seen: the window's maximum, ")
    case .unseenBeside:
      append(
        "a UDP or UNIX socket beside TCP, whose arrivals cannot be seen: the window's maximum, ")
    case .partly: append("not all of its listeners can be seen: the window's maximum, ")
    case .notLive: append("--live does not hold: the window's minimum, ")
    case .neverReady: append("it was never ready: the window's minimum, ")
    case .used: append("it was never ready, and is sent requests: the window's maximum, ")
    }
    append(left)
    append(" left")
  }

  /// Appends that the signal just named does not reach whom it is for.
  private mutating func append(refusal context: LogContext) {
    if context.refusal == 0 { return }
    append(context.isRefusalPartial ? " is refused by some of them (" : " is refused (")
    append(errno: context.refusal)
    append(")")
  }

  private mutating func append(repeated signal: Signal, _ phase: Phase, _ left: Interval?) {
    append(signal)
    switch phase {
    case .draining: append(" again: still draining")
    case .leaving: append(" again: the processes that are left were told")
    default: append(" again: the app is stopping")
    }
    guard let left else { return }
    append(phase == .draining ? ", at most " : ", SIGKILL in ")
    append(left)
    if phase == .draining { append(" more") }
  }

  private mutating func append(
    stopping end: WindowEnd, _ stop: Signal, _ killAfter: Interval?, _ state: LifecycleState,
    _ context: LogContext
  ) {
    if end != .none {
      append("window over (")
      append(end.name)
      append("): ")
    }
    append(stop: stop, state, context)
    append(refusal: context)
    if let killAfter {
      append(", SIGKILL in ")
      append(killAfter)
    }
  }

  private mutating func append(noEndpoint port: UInt16, _ errno: Int32) {
    append("no endpoint: port ")
    append(decimal: UInt64(port))
    append(": ")
    append(errno: errno)
    append("; give --listen PORT another port, or --listen off")
  }
}

extension ByteBuffer {
  /// Appends `5s to 12s`, or `5s` where both ends are one.
  mutating func append(_ range: DrainRange) {
    if range.minimum < range.maximum {
      append(range.minimum)
      append(" to ")
    }
    append(range.maximum)
  }
}

extension WindowEnd {
  /// The word for it in the summary and in JSON.
  public var name: StaticString {
    switch self {
    case .none: "none"
    case .quiet: "quiet"
    case .closed: "closed"
    case .probed: "probed"
    case .check: "check"
    case .maximum: "max"
    case .minimum: "min"
    case .appExit: "app-exit"
    case .noListener: "no-listener"
    case .secondInterrupt: "second SIGINT"
    }
  }
}

extension WindowSource {
  /// The word for it in the start-up line.
  public var name: StaticString {
    switch self {
    case .given: "--drain"
    case .plain: "--plain"
    case .knative: "Knative or Cloud Run, which drain themselves"
    case .kubernetes: "the default in Kubernetes"
    case .ecs: "the default on ECS"
    case .elsewhere: "the default outside Kubernetes"
    }
  }
}
