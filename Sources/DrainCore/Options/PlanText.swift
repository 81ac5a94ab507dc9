// What `--plan` prints: the signals that ask for the stop and what the app is sent for them, the
// timeline that follows, and the fields of a manifest that must match it.

extension ByteBuffer {
  /// Appends the plan in lines; of what was given nothing but the program's name and numbers.
  ///
  /// - Parameter context: the program's name and the plan.
  @inline(never) public mutating func append(planOf context: LogContext, _ options: Options) {
    let plan = context.plan
    append("The plan; nothing is run.\n\n")
    if plan.signals.isPlain { return append("every signal -> the app, at once (--plain)\n") }
    append(signalsOf: context)
    append(timelineOf: context, options)
    let least = append(graceOf: plan)
    append("\nKubernetes:\n  terminationGracePeriodSeconds: ")
    let seconds = plan.grace.map(secondsRoundedUp) ?? max(30, least)
    append(decimal: seconds)
    append("\n  env: [{name: DRAINIT_GRACE, value: ")
    append(decimal: seconds)
    append("s}]\n")
    guard let port = options.endpointPort else {
      return append("  no probes: --listen off\n")
    }
    // Slow starts are what a startup probe is for: five minutes.
    append(probe: "startup", "startupz", port, "1, failureThreshold: 300")
    append(probe: "readiness", "readyz", port, "2, failureThreshold: 1")
    append(probe: "liveness", "livez", port, "10")
  }

  @inline(never) private mutating func append(signalsOf context: LogContext) {
    let rules = context.plan.signals
    let known = KnownProgram(comm: context.program.span.before(LogLine.longestName))
    var number = Signal.rtmax.number &+ 1
    while number > 1 {
      number &-= 1
      let signal = Signal(number)
      if !rules.isDrainSignal(ReceivedSignal(signal: signal), program: known) { continue }
      append(signal)
      append(" from the platform -> ")
      append(sent: rules.stopSignal(for: signal, program: known), context)
      append("\n")
    }
    if rules.usesTable && known == .other {
      append("(nginx, php-fpm, unitd, unicorn, haproxy, httpd, lighttpd, postgres: ")
      append("their own, by the name then)\n")
    }
  }

  @inline(never) private mutating func append(timelineOf context: LogContext, _ options: Options) {
    let plan = context.plan
    let window = plan.endsEarly ? plan.window : plan.fixedWindow
    if window.maximum > .zero {
      append(at: .zero, .zero)
      append("the app goes on serving\n")
      if plan.notice != .none {
        append(at: .zero, .zero)
        append(sent: plan.notice, context)
        append(" (--drain-notice)\n")
      }
    }
    if plan.hasDrainHooks {
      append(at: .zero, .zero)
      append("the --on-drain hooks, which the window waits for\n")
    }
    if options.endpointPort != nil {
      let isAtTheEnd = plan.unreadyAfter >= window.minimum
      append(
        at: isAtTheEnd ? window.minimum : plan.unreadyAfter,
        min(plan.unreadyAfter, window.maximum))
      append("/readyz answers 503\n")
      if plan.sparesKubelet {
        // With the period that the manifest below has.
        let told = window.maximum > .seconds(4) ? window.maximum - .seconds(4) : .zero
        append(at: min(told, window.minimum), told)
        append("and to the kubelet: its period and 2s before the end\n")
      }
    }
    append(at: window.minimum, window.maximum)
    append("that signal to the app")
    append(sourceOf: plan)
    append(plan.windowSource == .elsewhere ? "; in Kubernetes 5s to 12s\n" : "\n")
    if plan.windowSource != .given && !options.named.isAny && window.maximum > .zero {
      append(at: .zero, .zero)
      append("already where the app listens on nothing\n")
    }
    if plan.isRange {
      append(at: plan.window.minimum, plan.window.minimum)
      append("already where it was never ready and is sent nothing, or --live fails\n")
    }
    let start = Instant(nanoseconds: 0)
    let first = plan.killTime(now: start + window.minimum, drainedAt: start)
    if first == .never {
      append("  at last      SIGKILL from the platform, when its grace is over\n")
    } else {
      let last = plan.killTime(now: start + window.maximum, drainedAt: start)
      append(at: first.since(start), last.since(start))
      append("SIGKILL to the app\n")
    }
    append(endOf: plan)
  }

  private mutating func append(endOf plan: DrainPlan) {
    if let timeout = plan.exitHookTimeout {
      append("  its end      the --on-exit hooks, for at most ")
      append(timeout)
      append("\n")
    }
    append("  its end      what it leaves behind ")
    switch plan.orphans {
    case .end: append("ends with the container\n")
    case .wait:
      append("is sent the stop signal, and waited for (--orphans wait)\n")
      append("  at last      SIGKILL to it")
      if plan.grace == nil { append(" from the platform, when its grace is over") }
      append(plan.grace == nil ? "\n" : ", 1s before the end of the grace\n")
    case .after(let time):
      append("is sent SIGTERM, SIGKILL after ")
      append(time)
      append("\n")
    }
  }

  /// Appends `SIGTERM to nginx`.
  @inline(never) private mutating func append(sent signal: Signal, _ context: LogContext) {
    append(stop: signal, LifecycleState(), context)
  }

  /// Appends what a grace must be; returns it in whole seconds.
  @inline(never) private mutating func append(graceOf plan: DrainPlan) -> Int64 {
    var plan = plan
    plan.grace = plan.grace ?? .zero
    guard let budget = Budget(plan) else { return 0 }
    append("\nThe grace must be at least ")
    budget.append(to: &self)
    append(plan.stopTimeout == nil ? ", and more for an app that is slow to stop\n" : "\n")
    return secondsRoundedUp(budget.sum)
  }

  /// Appends `+5s to 12s` as the start of a line, to column 15.
  @inline(never) private mutating func append(at first: Interval, _ last: Interval) {
    let start = count
    append("  +")
    append(DrainRange(minimum: first, maximum: last))
    repeat { append(" ") } while count &- start < 15 && room > 0
  }

  @inline(never) private mutating func append(
    probe name: StaticString, _ path: StaticString, _ port: UInt16, _ period: StaticString
  ) {
    append("  ")
    append(name)
    append("Probe: {httpGet: {path: /")
    append(path)
    append(", port: ")
    append(decimal: UInt64(port))
    append("}, periodSeconds: ")
    append(period)
    append("}\n")
  }
}

private func secondsRoundedUp(_ interval: Interval) -> Int64 {
  (interval.millisecondsRoundedUp &+ 999) / 1000
}
