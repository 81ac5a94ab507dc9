// The rules about a container that drainit is in, as its first process or as its preStop.

extension Lint {
  /// What drainit is told. A variable that it refuses is told of, and passed over: it hides nothing else.
  @inline(never) private mutating func options(_ found: LintContainer) -> Options? {
    var environment = found.environment
    while true {
      do throws(OptionError) {
        return try Options.read(arguments: found.commandLine(), environment: environment)
      } catch {
        tell(.refused) { $0.append(error) }
        guard let place = Lint.place(environment, of: error.name) else { return nil }
        environment.remove(at: place)
      }
    }
  }

  /// Where a variable is among others, NAME=VALUE each.
  private static func place(_ environment: [[UInt8]], of name: [UInt8]) -> Int? {
    for (place, variable) in environment.enumerated()
    where variable.count > name.count && variable[name.count] == UInt8(ascii: "=")
      && variable.starts(with: name)
    {
      return place
    }
    return nil
  }

  /// What comes of it, where it fits into the pod's grace.
  @inline(never) private mutating func plan(_ options: Options, _ grace: Int) -> DrainPlan? {
    do throws(BudgetError) {
      var plan = try DrainPlan.make(options, platform: .kubernetes, isFirstProcess: true)
      plan.grace = .seconds(Int64(grace))
      if let budget = Budget(plan), !budget.fits, !options.isPlain {
        throw BudgetError(budget: budget)
      }
      return plan
    } catch {
      tell(.graceTooShort) {
        $0.append("less than the plan, and SIGKILL comes in its middle; ")
        error.budget.append(to: &$0)
      }
      return nil
    }
  }

  /// A container whose first process is drainit.
  @inline(never) mutating func drained(
    _ found: LintContainer, _ isSidecar: Bool, _ object: LintObject, _ facts: inout LintPodFacts
  ) {
    guard let options = options(found), options.mode == .run, object.isServer,
      let plan = plan(options, facts.grace)
    else { return }
    facts.hasDrainit = true
    let staysReady = options.unreadyAfter == .longest
    if staysReady { facts.staysReady = true }
    if let own = options.grace, own > .seconds(Int64(facts.grace)) { tell(.graceDiffers) }
    if let port = options.endpointPort, !options.isPlain {
      if facts.ports.contains(port) { tell(.samePort) }
      facts.ports.append(port)
      if options.listen == nil && manifest.isTrue(object.spec, "hostNetwork") {
        tell(.hostNetwork)
      }
    }
    let stop = manifest.find(found.place, "lifecycle.preStop")
    if sleep(stop) >= 0 || holdsItself(stop) { tell(.waitsTwice) }
    let hasWindow = plan.window.maximum > .zero
    if hasWindow && isSidecar { tell(.sidecarWindow) }
    if options.isPlain { return }
    lookAtProbes(found.place, options, plan.window, facts.grace)
    if !hasWindow || isSidecar { return }
    if found.serving > 0 || !options.ports.isEmpty { facts.serves = true }
    lookAtPorts(found.place, options, plan.window, object)
    if facts.isLocal && !staysReady { tell(.local) }
    tellBalancer(options, plan.window, facts.balancer)
  }

  private func holdsItself(_ stop: Int) -> Bool {
    let words = LintContainer.texts(manifest, manifest.first(stop, "exec.command"), [])
    return LintContainer.index(words, of: "drainit") != nil
  }

  /// A container whose preStop is `drainit --hold`.
  @inline(never) mutating func held(_ found: LintContainer, _ facts: inout LintPodFacts) {
    if found.serving > 0 { facts.serves = true }
    guard let options = options(found), options.mode == .hold,
      let plan = plan(options, facts.grace)
    else { return }
    let probe = LintProbe(manifest, found.place, 0)
    if probe.node == 0 && found.serving > 0 { tell(.noReadinessAlone) }
    lookAtAny(probe, 0)
    if isFast(probe) && plan.isRange && options.ignored.isEmpty { tell(.holdProbe) }
    tellBalancer(options, plan.window, facts.balancer)
  }

  /// Whether a probe comes to the app so often that it is never silent.
  @inline(never) private func isFast(_ probe: LintProbe) -> Bool {
    probe.node != 0 && probe.how.rawValue < LintProbe.How.exec.rawValue && probe.period <= 5
  }

  /// The ports of a container that has a window.
  @inline(never) private mutating func lookAtPorts(
    _ place: Int, _ options: Options, _ window: DrainRange, _ object: LintObject
  ) {
    if !manifest.has(place, "readinessProbe") {
      let hasPort = manifest.first(place, "ports") != 0 || !options.ports.isEmpty
      // Without an image it is a patch, and its ports and probes are elsewhere.
      if hasPort || manifest.has(place, "image") { tell(hasPort ? .noReadiness : .worker) }
    }
    var tcp = 0
    var hasUDP = false
    var hasHostPort = false
    var item = manifest.first(place, "ports")
    while item != 0 {
      if manifest.isText(item, "protocol", "UDP") {
        hasUDP = true
      } else if manifest.number(item, "containerPort") != Int(options.endpointPort ?? 0) {
        tcp &+= 1
      }
      if manifest.has(item, "hostPort") { hasHostPort = true }
      item = manifest.next(item)
    }
    if tcp > 1 && options.ports.isEmpty && options.ready.isEmpty { tell(.manyPorts) }
    if hasUDP && window.minimum < window.maximum { tell(.udp) }
    if hasHostPort && object.kind == .deployment
      && manifest.number(object.node, "spec.strategy.rollingUpdate.maxSurge") != 0
    {
      tell(.hostPort)
    }
  }

  /// A balancer that learns later than the window may end.
  private mutating func tellBalancer(
    _ options: Options, _ window: DrainRange, _ balancer: LintBalancer
  ) {
    let needed = Interval.seconds(balancer.seconds)
    var isClosed = false
    for condition in options.until {
      if case .closed = condition { isClosed = true }
    }
    if (isClosed ? window.minimum : window.maximum) >= needed { return }
    tell(.balancer) {
      $0.append(balancer.name)
      $0.append(" learns within ")
      $0.append(needed)
      $0.append(isClosed ? ", and with closed MIN is its time: " : ", and MAX is less: ")
      $0.append(isClosed ? window.minimum : window.maximum)
    }
  }

  /// The three probes of a container that drainit is in.
  @inline(never) private mutating func lookAtProbes(
    _ place: Int, _ options: Options, _ window: DrainRange, _ grace: Int
  ) {
    let hasWindow = window.maximum > .zero
    for kind: UInt8 in 0..<3 {
      let probe = LintProbe(manifest, place, kind)
      if probe.node == 0 { continue }
      lookAtAny(probe, kind)
      let asksUs = probe.port == Int(options.endpointPort ?? 0)
      if asksUs {
        if let fault = fault(kind, probe, options) { tell(fault, probe: kind) }
      } else if isMisdirected(place, probe) {
        tell(.probePort, probe: kind)
        continue
      }
      let isOurs = asksUs || probe.how == .drainit
      if kind == 0 && hasWindow { readiness(probe, isOurs, options, window) }
      if kind == 1 && hasWindow && !isOurs && options.live.isEmpty
        && manifest.number(probe.node, "terminationGracePeriodSeconds", or: grace) >= grace
      {
        tell(.livenessSlow)
      }
      if kind == 2 {
        let delay = manifest.number(probe.node, "initialDelaySeconds", or: 0)
        var start = options.startAfter.isEmpty ? .zero : options.startTimeout ?? .zero
        if start < .seconds(15) { start = .seconds(15) }
        if .seconds(Int64(delay &+ probe.needed)) < start + options.warmup { tell(.startupEarly) }
      }
    }
  }

  /// Whether a probe means drainit and asks a port where neither it nor, as far as is said, the app is.
  @inline(never) private func isMisdirected(_ place: Int, _ probe: LintProbe) -> Bool {
    if probe.how != .http || probe.port < 0 { return false }
    if probe.port == Int(EndpointLimits.port) { return true }
    let path = manifest.text(manifest.find(probe.node, "httpGet.path"))
    var item = manifest.first(place, "ports")
    if item == 0 || index(of: path, in: "/readyz /livez /startupz") < 0 { return false }
    while item != 0 {
      if manifest.number(item, "containerPort") == probe.port { return false }
      item = manifest.next(item)
    }
    return true
  }

  /// What is wrong with a probe of drainit's own port.
  @inline(never) private func fault(_ kind: UInt8, _ probe: LintProbe, _ options: Options)
    -> LintRule?
  {
    if case .on(let address?, _) = options.listen, address.isLoopback,
      !manifest.has(probe.node, "httpGet.host")
    {
      return .probeLoopback
    }
    if probe.how == .tcp { return .probeTCP }
    if probe.how != .http || manifest.isText(probe.node, "httpGet.scheme", "HTTPS") {
      return .probeProtocol
    }
    let all = manifest.text(manifest.find(probe.node, "httpGet.path"))
    let path = all.before(all.index(of: UInt8(ascii: "?")) ?? all.count)
    // A check of its own below it is readiness, too.
    let known = index(of: path, in: "/startupz /livez /healthz /readyz")
    let isReady = known == 3 || (path.count > 8 && hasPrefix(path, "/readyz/"))
    let isLive = known == 1 || known == 2
    if !isReady && known < 0 { return .probePath }
    if kind == 0 { return isReady ? nil : .readinessPath }
    return kind == 2 || isLive ? nil : isReady ? .livenessReady : .livenessPath
  }

  /// Readiness: whom it asks, and whether what it says is heard within the window.
  @inline(never) private mutating func readiness(
    _ probe: LintProbe, _ isOurs: Bool, _ options: Options, _ window: DrainRange
  ) {
    if !isOurs {
      let holds = isFast(probe) && window.minimum < window.maximum && options.ignored.isEmpty
      return tell(holds ? .probesAppFast : .probesApp)
    }
    let needed = Interval.seconds(Int64(probe.needed))
    if let after = options.unreadyAfter {
      if after < .longest && after + needed >= window.maximum { tell(.slowReadiness) }
      return
    }
    // The kubelet reads 503 from MAX - (period + 2 s) on, and has to fail so many times.
    let lead = Interval.seconds(Int64(probe.period &+ 2))
    if needed > lead || lead >= window.maximum { tell(.slowReadiness) }
  }
}
