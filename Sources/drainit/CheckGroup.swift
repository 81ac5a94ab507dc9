import DrainCore
import DrainLinux

/// What came of one turn of a group.
struct GroupNews {
  /// All its checks hold for the first time.
  var hasOpened = false
  /// Whoever asked is to be answered now.
  var answer = false

  mutating func add(_ other: GroupNews) {
    hasOpened = hasOpened || other.hasOpened
    answer = answer || other.answer
  }
}

/// A set of checks that are asked together (`--ready`, `--live`, `--start-after`): when they run is the
/// gate's to say, how they run the runner's.
struct CheckGroup: ~Copyable {
  private(set) var gate: ReadinessGate
  private var runner: CheckRunner

  init(
    _ checks: [Check], _ options: Options, _ source: EventSource,
    settings: GateSettings = GateSettings(), memory: GateMemory = GateMemory()
  ) {
    gate = ReadinessGate(
      checks: CheckSchedule(checks: checks, every: options.readyEvery), settings: settings,
      memory: memory)
    runner = CheckRunner(
      checks: checks, headers: options.checkHeaders, timeout: options.checkTimeout,
      kind: source.rawValue)
  }

  /// When `expire` is to be called next.
  var nextDeadline: Instant { min(gate.nextDeadline, runner.nextDeadline) }

  /// Whether every check held when it was last run.
  var allHold: Bool { gate.checks.allHold }

  /// Tells the gate what happened and runs the checks that it wants.
  mutating func handle(
    _ event: GateEvent, _ ports: inout AppPorts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    let effects = gate.handle(event, at: now)
    var news = GroupNews(hasOpened: effects.hasOpened, answer: effects.answer)
    var run = effects.run
    while let index = run.popFirst() {
      guard let outcome = begin(index, &ports, loop, now) else { continue }
      news.add(handle(.finished(check: index, outcome), &ports, loop, now))
    }
    return news
  }

  mutating func expire(
    _ ports: inout AppPorts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    var news = GroupNews()
    while let report = runner.expire(loop, at: now) {
      news.add(handle(.finished(check: report.check, report.outcome), &ports, loop, now))
    }
    if gate.nextDeadline <= now { news.add(handle(.deadline, &ports, loop, now)) }
    return news
  }

  mutating func take(
    _ event: ReadyEvent, _ ports: inout AppPorts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    guard let report = runner.handleReady(event, loop, at: now) else { return GroupNews() }
    return handle(.finished(check: report.check, report.outcome), &ports, loop, now)
  }

  /// Begins a check; its outcome where it is known at once.
  private mutating func begin(
    _ index: Int, _ ports: inout AppPorts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> CheckOutcome? {
    switch runner.start(index, loop, at: now) {
    case .finished(let outcome): return outcome
    // What cannot be seen counts as there.
    case .asksListeners: return ports.listens() ?? true ? .holds : .fails(.notListening)
    case .underWay, .needsAddresses: return nil
    }
  }
}
