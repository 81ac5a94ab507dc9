extension DrainPlan {
  /// Makes the plan that the options come to.
  ///
  /// - Parameters:
  ///   - platform: where the container runs, which decides a window that was not asked for.
  ///   - isFirstProcess: whether drainit is PID 1 of its namespace.
  /// - Throws: the sum, where what was asked for does not fit into `--grace`.
  public static func make(
    _ options: Options, platform: WindowSource, isFirstProcess: Bool
  ) throws(BudgetError) -> DrainPlan {
    var source = platform
    if options.drain != nil { source = .given }
    if options.isPlain { source = .plain }
    let window = source == .given ? options.drain ?? source.window : source.window
    var plan = DrainPlan(window: window, source: source)
    plan.signals = rules(options, isFirstProcess)
    for rewrite in options.exitMap { plan.map(exitCode: rewrite.from, to: rewrite.to) }
    plan.orphans = options.orphans
    plan.holds = options.mode == .hold
    if options.isPlain { return plan }
    plan.grace = options.grace
    plan.stopTimeout = options.stopTimeout
    plan.observes = true
    plan.hasDrainHooks = !options.hooks[.drain].isEmpty
    for condition in options.until { if case .check = condition { plan.hasUntilChecks = true } }
    plan.untilEvery = options.readyEvery
    if plan.holds {
      try plan.fitIntoGrace()
      plan.endsEarly = plan.isRange
      return plan
    }
    plan.startsAfter = !options.startAfter.isEmpty
    plan.startTimeout = options.startTimeout
    plan.hasLiveCheck = !options.live.isEmpty || options.usesNotify
    plan.unreadyAfter = options.unreadyAfter ?? .zero
    plan.sparesKubelet = options.unreadyAfter == nil && platform == .kubernetes
    plan.notice = options.drainNotice ?? .none
    plan.hasReadyHooks = !options.hooks[.ready].isEmpty
    if !options.hooks[.exit].isEmpty { plan.exitHookTimeout = options.hookTimeout }
    try plan.fitIntoGrace()
    plan.endsEarly = plan.isRange
    return plan
  }

  private static func rules(_ options: Options, _ isFirstProcess: Bool) -> SignalRules {
    var rules = SignalRules()
    rules.isFirstProcess = isFirstProcess
    rules.isPlain = options.isPlain
    rules.mayKnowPrograms = options.knowsPrograms
    for rewrite in options.rewrites { rules.rewrite(rewrite.from, as: rewrite.to) }
    rules.stopSignal = options.stopSignal ?? .none
    for signal in options.drainSignals { rules.drainSignals.insert(signal) }
    return rules
  }
}
