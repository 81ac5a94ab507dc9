import CLinux
import DrainCore
import DrainLinux

/// The drain window's watch: what is seen of the app's traffic, and whether it has ended.
struct Window: ~Copyable {
  private(set) var rule: QuietRule
  private var observer: TrafficObserver
  private let conditions: [UntilCondition]
  /// Whether there is something that silence does not end.
  private let waitsForMore: Bool
  private var isWatching = false
  private var hasToldFailure = false
  /// What an earlier life saw of this window.
  var earlier = TrafficMemory()

  init(_ options: Options, _ plan: DrainPlan) {
    conditions = options.until
    var asked: Interval?
    var closes = false
    var waitsForMore = plan.hasDrainHooks
    for condition in options.until {
      if case .closed = condition { closes = true }
      guard case .quiet(let time) = condition else {
        waitsForMore = true
        continue
      }
      if let time { asked = time }
    }
    self.waitsForMore = waitsForMore
    rule = QuietRule(window: plan.window, asked: asked, closes: closes)
    observer = TrafficObserver(kind: EventSource.traffic.kind, ignoring: options.ignored)
  }

  /// The checks among the conditions.
  static func checks(_ options: Options) -> [Check] {
    var checks: [Check] = []
    for condition in options.until {
      if case .check(let check) = condition { checks.append(check) }
    }
    return checks
  }

  /// What a come-back has to know of it, be it that this life has not begun to watch.
  var memory: TrafficMemory { rule.drainedAt == .never ? earlier : rule.memory }

  /// Why arrivals cannot be seen; nil while they can.
  var failure: Errno? { observer.failure }

  /// The same, to be told once; nil afterwards.
  mutating func takeFailure() -> Errno? {
    if hasToldFailure { return nil }
    hasToldFailure = failure != nil
    return failure
  }

  /// What the window has shown; nil where nothing was watched.
  var evidence: TrafficEvidence? {
    if rule.drainedAt == .never { return nil }
    var evidence = rule.evidence
    if !waitsForMore { evidence.isSilent = false }
    return evidence
  }

  /// Whether the app was sent anything in the window.
  var isUsed: Bool {
    guard isWatching else { return false }
    let evidence = rule.evidence
    return evidence.lateArrivals > 0 || evidence.inFlight > 0
  }

  /// When `look` is to be called next; never while nothing is watched.
  var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    mutating get {
      isWatching && !observer.isLooking && failure == nil ? rule.nextLook : .never
    }
  }

  /// Begins to watch the connections to these ports, of which there is at least one.
  mutating func begin(
    _ ports: PortSet, at ends: borrowing ListeningEnds, drainedAt: Instant, hasUnseen: Bool,
    _ loop: borrowing EventLoop, _ now: Instant
  ) {
    observer.add(ports, at: ends, isPartial: false)
    observer.hasUnseen = hasUnseen
    rule.begin(at: drainedAt)
    rule.restore(earlier, now: now)
    observer.begin(ports, loop, at: now)
    isWatching = true
  }

  mutating func end(_ loop: borrowing EventLoop) {
    isWatching = false
    observer.end(loop)
  }

  /// Begins a look, at these listeners of the app's, too; to find them took `cost` of the processor.
  mutating func look(
    _ found: AppListeners, at ends: borrowing ListeningEnds, cost: Interval,
    _ loop: borrowing EventLoop, _ now: Instant
  ) {
    observer.add(found.ports, at: ends, isPartial: found.isPartial)
    if found.hasDatagrams { observer.hasUnseen = true }
    observer.beginLook(loop, at: now, cost: cost)
  }

  mutating func take(
    _ event: ReadyEvent, _ isOwn: (IPAddress, UInt16) -> Bool, _ loop: borrowing EventLoop,
    _ now: Instant
  ) {
    observer.handle(event, isOwn, &rule, loop, at: now)
  }

  /// Whether everything that `--until` asks of the traffic holds, and which condition was the last; nil
  /// while nothing is watched. Its checks are the lifecycle's to ask.
  ///
  /// - Parameter wasProbed: whether `/readyz` has failed so often to each address that probed it.
  func verdict(_ now: Instant, wasProbed: (UInt32) -> Bool) -> WindowEnd? {
    guard isWatching, failure == nil else { return nil }
    guard rule.isQuiet(now) else { return WindowEnd.none }
    var end = WindowEnd.quiet
    for condition in conditions {
      switch condition {
      case .quiet, .check: break
      case .closed:
        if !rule.isClosed(now) { return WindowEnd.none }
        end = .closed
      case .probed(let times):
        if !wasProbed(times) { return WindowEnd.none }
        end = .probed
      }
    }
    return end
  }
}
