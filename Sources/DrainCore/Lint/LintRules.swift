// The rules about one container: with drainit in it, and without.

extension Lint {
  /// The kubelet's own where a pod does not say.
  private static var defaultGrace: Int { 30 }

  /// The port that a probe asks; one that is named in the container's ports, too.
  @inline(never) static func probePort(
    _ document: borrowing JSONDocument, _ container: Int, _ kind: StaticString
  ) -> Int? {
    let probe = document.find(container, kind)
    let asks = document.find(probe, "httpGet") ?? document.find(probe, "tcpSocket")
    guard let port = document.find(asks ?? document.find(probe, "grpc"), "port") else {
      return nil
    }
    if let number = document.number(port, "") { return number }
    var item = document.first(container, "ports")
    while let at = item {
      if document.isSame(port, document.find(at, "name")) {
        return document.number(at, "containerPort")
      }
      item = document.next(after: at)
    }
    return nil
  }

  private var grace: Int {
    document.number(pod, "terminationGracePeriodSeconds") ?? Lint.defaultGrace
  }

  /// A shell that stays between, however drainit is there.
  mutating func hidesProgram(_ place: Int, _ out: inout ByteBuffer) {
    for list: StaticString in ["command", "args"] {
      var word = document.first(place, list)
      var isShell = false
      while let at = word {
        let text = document.string(at, "")
        word = document.next(after: at)
        if isShell && isEqual(text.span, "-c") {
          let script = document.string(word, "")
          if script.span.index(of: "exec ") == nil { tell(.shell, &out) }
          return
        }
        isShell = LintContainer.isProgram(text, "sh") || LintContainer.isProgram(text, "bash")
      }
    }
  }

  /// What its own preStop and probes lose.
  mutating func alone(_ place: Int, _ out: inout ByteBuffer) {
    let stop = document.find(place, "lifecycle.preStop")
    if document.first(place, "ports") == nil { return }
    if document.find(place, "readinessProbe") == nil { tell(.noReadinessAlone, &out) }
    if stop == nil {
      tell(.noWait, &out)
    } else if let seconds = sleep(stop) {
      tell(.sleepsAlone, &out)
      if seconds >= grace { tell(.sleepsPastGrace, &out) }
    }
  }

  /// How long a preStop hook waits where it does for a fixed time, in seconds; 0 where that is not seen.
  @inline(never) private func sleep(_ stop: Int?) -> Int? {
    if document.find(stop, "sleep") != nil { return document.number(stop, "sleep.seconds") ?? 0 }
    var word = document.first(stop, "exec.command")
    while let at = word {
      let text = document.string(at, "")
      word = document.next(after: at)
      guard let place = text.span.index(of: "sleep") else { continue }
      // `sleep 15` in a script, or 15 as the next word.
      var rest = text.span.from(place &+ 5)
      let after = document.string(word, "")
      if rest.isEmpty { rest = after.span } else { rest = rest.from(1) }
      var length = 0
      while length < rest.count && rest[length].isDigit { length &+= 1 }
      return Int(rest.before(length).decimal(atMost: 1 << 31) ?? 0)
    }
    return nil
  }

  /// A container that drainit is in: what it is told must fit what the pod says.
  @inline(never) mutating func wrapped(
    _ place: Int, _ found: borrowing LintContainer, _ isLocal: Bool, _ isBalanced: Bool,
    _ ports: inout [UInt16], _ out: inout ByteBuffer
  ) {
    let options: Options
    do throws(OptionError) {
      options = try Options.read(
        arguments: found.commandLine(), environment: found.environment)
    } catch {
      tell(.refused, &out) { $0.append(error) }
      return
    }
    if options.mode != .run { return }
    var plan: DrainPlan
    do throws(BudgetError) {
      plan = try DrainPlan.make(options, platform: .kubernetes, isFirstProcess: true)
      plan.grace = .seconds(Int64(grace))
      if let budget = Budget(plan), !budget.fits, !options.isPlain {
        throw BudgetError(budget: budget)
      }
    } catch {
      tell(.graceTooShort, &out) {
        $0.append("less than the plan, and SIGKILL comes in its middle; ")
        error.budget.append(to: &$0)
      }
      return
    }
    if let own = options.grace, own > .seconds(Int64(grace)) { tell(.graceDiffers, &out) }
    if let port = options.endpointPort, !options.isPlain {
      if ports.contains(port) { tell(.samePort, &out) } else { ports.append(port) }
    }
    if sleep(document.find(place, "lifecycle.preStop")) != nil {
      tell(.sleepsBeside, &out)
    }
    if plan.window.maximum > .zero { drains(place, options, plan.window, isBalanced, &out) }
    if isLocal && options.unreadyAfter != .longest { tell(.localUnready, &out) }
  }

  /// Whether a new pod may be there before an old one goes; as a Deployment's default.
  private var surges: Bool {
    let update = document.find(resource, "spec.strategy.rollingUpdate")
    return document.isText(resource, "kind", "Deployment")
      && document.number(update, "maxSurge") != 0
  }

  /// The probes and ports of a container that has a window.
  private mutating func drains(
    _ place: Int, _ options: borrowing Options, _ window: DrainRange, _ isBalanced: Bool,
    _ out: inout ByteBuffer
  ) {
    let own = options.endpointPort.map { Int($0) }
    let hasPort = document.first(place, "ports") != nil || !options.ports.isEmpty
    if let probe = document.find(place, "readinessProbe") {
      let period = document.number(probe, "periodSeconds") ?? 10
      let failures = document.number(probe, "failureThreshold") ?? 3
      if let port = Lint.probePort(document, place, "readinessProbe"), port != own {
        tell(period <= 3 ? .probesAppFast : .probesApp, &out)
      } else if isBalanced && .seconds(Int64(period) &* Int64(failures)) > window.maximum {
        tell(.slowReadiness, &out)
      }
    } else {
      tell(hasPort ? .noReadiness : .worker, &out)
    }
    if document.isText(place, "livenessProbe.httpGet.path", "/readyz") {
      tell(.liveIsReady, &out)
    }
    var item = surges ? document.first(place, "ports") : nil
    while let at = item {
      if document.find(at, "hostPort") != nil {
        tell(.hostPort, &out)
        break
      }
      item = document.next(after: at)
    }
  }
}
