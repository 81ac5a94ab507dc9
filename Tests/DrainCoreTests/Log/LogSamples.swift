import Foundation

@testable import DrainCore

/// Every kind of line that the log can have, made by what writes it, with values of no importance.
enum LogSamples {
  static let lines: [String] = events.map { event, context, state in
    line(event, context, state)
  }

  /// One line as drainit writes it, without its end.
  static func line(_ event: LogEvent, _ context: LogContext, _ state: LifecycleState) -> String {
    var buffer = ByteBuffer(capacity: LogLine.longest)
    var scratch = ByteBuffer(capacity: LogLine.longest)
    buffer.appendLine(event, state, context, time: .zero, scratch: &scratch)
    return String(text(buffer).dropLast())
  }

  /// The summaries as objects (`--log json`).
  static var summariesInJSON: [String] {
    summaries.map { event, context, state in
      var context = context
      context.isJSON = true
      return line(event, context, state)
    }
  }

  private typealias Sample = (LogEvent, LogContext, LifecycleState)

  private static var events: [Sample] {
    plain.map { ($0, context(), state()) } + starts + windows + summaries + obstacles + others
  }

  static func context(_ range: DrainRange = range, holds: Bool = false) -> LogContext {
    var plan = DrainPlan(window: range, source: .given)
    plan.endsEarly = range.minimum < range.maximum
    plan.holds = holds
    var context = LogContext(program: Array("web".utf8), gate: [], plan: plan)
    context.startAfter = [Array("tcp:5432".utf8)]
    context.clientPort = 51_820
    context.unixPath = Array("/run/app.sock".utf8)
    context.hooks = [[], [Check(text: Array("/bin/leave".utf8), kind: .exec([]))], []]
    context.ports.insert(8080)
    return context
  }

  static let range = DrainRange(minimum: .seconds(5), maximum: .seconds(12))

  private static func state() -> LifecycleState {
    var state = LifecycleState()
    state.appPID = 7
    return state
  }

  private static let stat = ProcessStat(Array("9 (nginx) S 1 9 9 0".utf8).span)!

  private static var plain: [LogEvent] {
    let changes: [WindowChange] = [
      .noListener, .client, .unseen, .unseenBeside, .partly, .notLive, .neverReady, .used,
    ]
    let ends: [WindowEnd] = [
      .none, .quiet, .closed, .probed, .check, .maximum, .minimum, .noListener, .secondInterrupt,
    ]
    let notices: [AppNotice] = [
      .reloading, .reloaded(after: .seconds(1)), .stopping, .missed(.seconds(1)), .triggered,
      .status,
    ]
    let shared: [LogEvent] = [
      .ready(after: .seconds(1)), .notDraining(.term, .zero), .unready, .kubeletUnready,
      .draining(.term, minimum: .seconds(5), maximum: .seconds(12), stop: .term),
      .draining(.term, minimum: .seconds(3), maximum: .seconds(3), stop: .term),
      .repeated(.term, .draining, left: .seconds(3)), .repeated(.term, .stopping, left: nil),
      .repeated(.term, .leaving, left: nil), .extended(left: .seconds(3)),
      .killing(after: .seconds(20)), .dropped(.term, .waiting), .dropped(.hup, .stopping),
      .forwarded(.hup, as: .hup), .forwarded(.hup, as: .int), .refused(.term, errno: 1),
      .refused(.usr1, errno: 11),
      .continued(.stop), .stopped(.stop), .leftovers(.term), .inTheWay(stat), .moreInTheWay(3),
      .waitingForLeftovers, .waitingForStart, .startTimedOut(after: .seconds(9)),
      .reaped(pid: 9, .exited(code: 0)), .reaped(pid: 9, .killed(.kill)), .endedWaiting(.term),
      .noEndpoint(port: 14_315, errno: 98), .belowAnother, .linesDropped(3), .lost(1),
      .watching(isGuess: true),
      .listensElsewhere(.datagrams(port: 53)), .listensElsewhere(.local),
      .cannotObserve(errno: 1), .cameBack(.segv, count: 1, isBare: false),
      .cameBack(.none, count: 2, isBare: true), .hookEnded(.drain, hook: 0, .holds),
      .hookEnded(.drain, hook: 0, .fails(.timedOut)), .hooksNotRun(.drain), .callFailed(errno: 22),
    ]
    return shared + changes.map { .windowChanged($0, left: .seconds(7)) }
      + ends.flatMap { end in
        [nil, .seconds(20)].map { .stopping(end, stop: .term, killAfter: $0) }
      } + notices.map { .notified($0) }
  }

  private static var starts: [Sample] {
    [WindowSource.given, .kubernetes, .ecs, .elsewhere, .knative, .plain].map { source in
      var plan = DrainPlan(window: source == .given ? range : source.window, source: source)
      plan.endsEarly = plan.window.minimum < plan.window.maximum
      let context = LogContext(
        program: Array("web".utf8), gate: [Array("listening".utf8)], plan: plan)
      return (.started(pid: 7), context, state())
    }
  }

  private static var windows: [Sample] {
    var holding = context(holds: true)
    holding.plan.holds = true
    return [
      (
        .draining(.term, minimum: .seconds(5), maximum: .seconds(12), stop: .term), holding,
        state()
      )
    ]
  }

  private static var obstacles: [Sample] {
    let script = Array("/bin/sh\r".utf8)
    let kinds: [ProgramObstacle?] = [
      nil, .init(.notInPath), .init(.refused(errno: 13)), .init(.noShell),
      .init(.interpreter(errno: 2), script),
      .init(.loader(errno: 2), Array("/lib64/ld-linux-x86-64.so.2".utf8)), .init(.machine(183)),
    ]
    return kinds.map { obstacle in
      var context = context()
      context.obstacle = obstacle
      return (.notExecuted(errno: 2), context, state())
    }
  }

  private static var others: [Sample] {
    var silent = state()
    silent.ending = .exited(code: 3)
    return [(.ended(.exited(code: 3)), context(), silent)]
  }

  /// Summaries: each end, and each that may have held it.
  private static var summaries: [Sample] {
    let ends: [WindowEnd] = [
      .quiet, .closed, .probed, .check, .minimum, .appExit, .noListener, .secondInterrupt,
    ]
    var regular = Peer()
    var pooled = Peer()
    for second in 0..<6 {
      let at = Instant(nanoseconds: Int64(second) * 2_000_000_000)
      regular.note(Arrival(.connection, at: at, from: .v4(0x0a00_0001)))
      pooled.note(Arrival(.request, at: at, from: .v4(0x0a00_0007)))
    }
    regular.address = .v4(0x0a00_0001)
    pooled.address = .v4(0x0a00_0007)
    let holders: [WindowHolder?] = [
      nil, .peer(regular), .peer(pooled), .inFlight, .waiting, .unseen, .few,
    ]
    return ends.map { summary($0, nil) } + holders.map { summary(.maximum, $0) }
      + [summary(.maximum, nil, isSilent: true)]
  }

  private static func summary(
    _ end: WindowEnd, _ holder: WindowHolder?, isSilent: Bool = false
  ) -> Sample {
    var evidence = TrafficEvidence(
      newConnections: 40, requests: 2, moments: 2, last: .seconds(2), openConnections: 2,
      waiting: 2, inFlight: 2, holder: holder)
    evidence.isSilent = isSilent
    var context = context()
    context.evidence = evidence
    return (.ended(.exited(code: 0)), context, ended(end, after: .seconds(9)))
  }

  /// A life that has ended 0.4 seconds after its window, which lasted so long.
  static func ended(
    _ end: WindowEnd, after window: Interval, stopped: Interval = .milliseconds(400)
  ) -> LifecycleState {
    var state = state()
    state.windowEnd = end
    state.drainedAt = Instant(nanoseconds: 0)
    state.stoppedAt = state.drainedAt + window
    state.endedAt = state.stoppedAt + stopped
    return state
  }
}
