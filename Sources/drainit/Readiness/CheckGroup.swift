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

/// A set of checks that are asked together (`--ready`, `--live`, a moment's hooks): when they run is the
/// gate's to say, how they run the runner's.
struct CheckGroup: ~Copyable {
  private(set) var gate: ReadinessGate
  private var runner: CheckRunner
  private var children: CheckChildren
  private let source: EventSource

  /// - Parameter memory: what an earlier life's gate of `--ready` knew.
  @inline(never) init(
    _ checks: [Check], _ options: Options, _ role: CheckRole, memory: GateMemory
  ) {
    source = .checks(role)
    let isHook = role.moment != nil
    let timeout = isHook ? options.hookTimeout : options.checkTimeout
    var settings = GateSettings()
    var memory = memory
    switch role {
    case .ready:
      settings = GateSettings(successes: options.readySuccesses, warmup: options.warmup)
    case .startAfter:
      memory = GateMemory()
    case .live, .until, .readyHook, .drainHook, .exitHook:
      // There is no gate to open: they run when somebody asks.
      memory = GateMemory()
      memory.isOpen = true
    }
    gate = ReadinessGate(
      checks: CheckSchedule(checks: checks, every: options.readyEvery), settings: settings,
      memory: memory)
    runner = CheckRunner(
      checks: checks, headers: options.checkHeaders, timeout: timeout, kind: source.kind)
    children = CheckChildren(
      checks, timeout: timeout, showsOutput: isHook || options.verbosity > 0)
  }

  /// When `expire` is to be called next.
  var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    @inline(never) mutating get {
      min(children.nextDeadline, min(gate.nextDeadline, runner.nextDeadline))
    }
  }

  /// What a check last came to.
  @inline(never) func outcome(of check: Int) -> CheckOutcome { gate.checks.outcome(of: check) }

  /// Whether one of its checks waits for a file that is a socket.
  mutating func waitsForSocket() -> Bool { children.waitsForSocket() }

  /// Has the body of an answer that fails read, too.
  mutating func readsBodies() { runner.readsBodies() }

  /// Appends the first line of that body.
  mutating func appendBody(to buffer: inout ByteBuffer) { runner.appendBody(to: &buffer) }

  /// Whether every check held when it was last run.
  var allHold: Bool { gate.checks.allHold }

  /// Whether a connection from there was made by one of the checks.
  @inline(never) func isOwnConnection(_ address: IPAddress, port: UInt16) -> Bool {
    runner.ownConnections.contains(address, port: port)
  }

  /// Tells the gate what happened and runs the checks that it wants.
  mutating func handle(
    _ event: GateEvent, _ world: inout CheckWorld, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    let effects = gate.handle(event, at: now)
    var news = GroupNews(hasOpened: effects.hasOpened, answer: effects.answer)
    var run = effects.run
    while let index = run.popFirst() {
      guard let outcome = begin(index, &world, loop, now) else { continue }
      news.add(handle(.finished(check: index, outcome), &world, loop, now))
    }
    return news
  }

  @inline(never) mutating func expire(
    _ world: inout CheckWorld, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    var news = GroupNews()
    while let report = runner.expire(loop, at: now) {
      children.giveUp(report.check, &world)
      news.add(handle(.finished(check: report.check, report.outcome), &world, loop, now))
    }
    while let report = children.expire(&world, now) {
      news.add(handle(.finished(check: report.check, report.outcome), &world, loop, now))
    }
    if gate.nextDeadline <= now { news.add(handle(.deadline, &world, loop, now)) }
    return news
  }

  @inline(never) mutating func take(
    _ event: ReadyEvent, _ world: inout CheckWorld, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    if event.token.slot >= CheckChildren.firstResolutionSlot {
      return connect(
        Int(event.token.slot &- CheckChildren.firstResolutionSlot), &world, loop, now)
    }
    guard let report = runner.handleReady(event, loop, at: now) else { return GroupNews() }
    return handle(.finished(check: report.check, report.outcome), &world, loop, now)
  }

  /// Tells which descriptors are the checks'.
  mutating func insert(into own: inout OwnDescriptors) {
    runner.insert(into: &own)
    children.insert(into: &own)
  }

  /// Begins a check; its outcome where it is known at once.
  private mutating func begin(
    _ index: Int, _ world: inout CheckWorld, _ loop: borrowing EventLoop, _ now: Instant
  ) -> CheckOutcome? {
    switch runner.start(index, loop, at: now) {
    case .finished(let outcome): return outcome
    case .asksListeners: return world.listening(now, isOpen: gate.isOpen)
    case .elsewhere: return children.start(index, &world, now)
    case .underWay: return nil
    case .needsAddresses:
      let name = runner.name(of: index)
      if children.resolve(index, name, kind: source.kind, &world, loop) { return nil }
      return .fails(.noResources)
    }
  }

  /// Takes a child's end, where it was one of this group's.
  mutating func take(
    _ change: ChildChange, _ world: inout CheckWorld, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    guard let report = children.ended(change, &world) else { return GroupNews() }
    return handle(.finished(check: report.check, report.outcome), &world, loop, now)
  }

  /// Goes on with a check whose host's name was resolved.
  private mutating func connect(
    _ index: Int, _ world: inout CheckWorld, _ loop: borrowing EventLoop, _ now: Instant
  ) -> GroupNews {
    guard let addresses = children.answer(index, &world),
      case .finished(let outcome) = runner.connect(index, to: addresses, loop)
    else { return GroupNews() }
    return handle(.finished(check: index, outcome), &world, loop, now)
  }
}

/// What checks ask beside connections.
struct CheckWorld: ~Copyable {
  var ports: AppPorts
  var settings: ChildSettings
  /// What the app has told of itself.
  var notices = AppNotices()
  /// The programs that run.
  let programs: UnsafeMutablePointer<ProgramGroups>
  /// Whether there is something new that a come-back has to know.
  var hasChanged = false
  /// What an app has that waits in vain for a TCP listener, and when to look for that next.
  private var elsewhere = OtherListener.none
  private var elsewhereDue = Instant.never
  private var hasToldElsewhere = false

  init(ports: consuming AppPorts, settings: ChildSettings) {
    self.ports = ports
    self.settings = settings
    // In a place of its own: who sends a signal to everybody has to know of them.
    programs = .allocate(capacity: 1)
    programs.initialize(to: ProgramGroups())
  }

  /// Whether the app listens; what cannot be seen counts as there.
  ///
  /// One that waits for that in vain is told now and then what else it has.
  mutating func listening(_ now: Instant, isOpen: Bool) -> CheckOutcome {
    if ports.listens() ?? true {
      elsewhereDue = .never
      return .holds
    }
    if isOpen { return .fails(.notListening) }
    if elsewhereDue == .never {
      // A program that is only slow has opened something by then, and mostly all of it.
      elsewhereDue = now + .seconds(5)
      elsewhere = .none
    } else if elsewhereDue <= now {
      elsewhereDue = now + .seconds(5)
      elsewhere = ports.listeners().otherListener
    }
    return .fails(.listensElsewhere(elsewhere))
  }

  /// What it has else, once that is known, to be told once; nil before and afterwards.
  mutating func takeElsewhere() -> OtherListener? {
    if hasToldElsewhere || elsewhere == .none { return nil }
    hasToldElsewhere = true
    return elsewhere
  }

  /// A program runs, as the leader of that group.
  mutating func note(started group: Int32) {
    programs.pointee.insert(group)
    hasChanged = true
  }

  /// It has ended, with all of its group.
  mutating func note(ended group: Int32) {
    programs.pointee.remove(group)
    hasChanged = true
  }
}
