import DrainCore
import DrainLinux

/// `/status` and `/metrics`: what the others know, put together when somebody asks.
struct Reports: ~Copyable {
  /// What drainit has done so far, but for what others count.
  var counts = RunCounts()
  private let facts: ReportFacts

  init(_ options: Options, _ plan: DrainPlan) {
    facts = ReportFacts(plan)
    facts.hasNotices = options.usesNotify
  }

  /// Answers whoever asks.
  @inline(never) mutating func answer(
    _ endpoint: EndpointFacts, _ state: LifecycleState, comeBacks: UInt32, _ log: borrowing Log,
    _ window: borrowing Window, _ readiness: inout Readiness, _ loop: borrowing EventLoop
  ) {
    facts.endpoint = endpoint
    facts.state = state
    facts.now = Clock.now()
    facts.sinceEpoch = Clock.sinceEpoch()
    facts.counts = counts
    facts.counts.logLinesDropped = log.linesDropped
    facts.counts.comeBacks = UInt64(comeBacks)
    facts.notices = readiness.world.notices
    facts.status = log.context.status
    facts.program = log.context.program
    facts.clientPort = readiness.clientPort
    facts.ports = readiness.watchedPorts
    facts.portsOwner = readiness.world.ports.way.owner
    facts.hasEvidence = window.rule.drainedAt != .never
    if facts.hasEvidence { facts.evidence = window.rule.evidence }
    readiness.answerReports(facts, loop)
    // Held by one alone it is changed in place.
    facts.status = []
    facts.program = []
  }
}
