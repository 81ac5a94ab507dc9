/// What a stop came to: stops with traffic enough tell a user what window the cluster needs.
public struct Summary: Equatable, BitwiseCopyable, Sendable {
  /// What ended the window; none where there was no drain signal or no window.
  public var end: WindowEnd
  /// How long the window was.
  public var window: Interval
  /// How much shorter than its maximum.
  public var saved: Interval
  /// How long the app took to stop after its stop signal; nil where it was sent none.
  public var stopped: Interval?
  /// How the app ended.
  public var ending: Ending

  /// Reads the summary off the state of a lifecycle whose app has ended.
  public init(_ state: LifecycleState, _ plan: DrainPlan) {
    end = state.windowEnd
    ending = state.ending
    let isStopped = state.stoppedAt != .never
    let over = isStopped ? state.stoppedAt : state.endedAt
    window = state.drainedAt == .never ? .zero : over.since(state.drainedAt)
    saved = end == .none ? .zero : plan.window.maximum - window
    stopped = isStopped ? state.endedAt.since(state.stoppedAt) : nil
  }
}

extension ByteBuffer {
  mutating func append(_ summary: Summary, _ state: LifecycleState, _ context: LogContext) {
    if summary.end != .none {
      append(context.plan.holds ? "held for " : "drained in ")
      append(summary.window)
      append(" (")
      append(summary.end.name)
      // Less than what a person would notice is the clock's, not the rule's.
      if summary.saved >= .milliseconds(100) {
        append("; ")
        append(summary.saved)
        append(" saved")
      }
      append(")")
      if let evidence = context.evidence {
        append(evidence)
        // A fixed wait is held by nobody.
        if summary.end == .maximum && context.plan.endsEarly {
          append(holderOf: evidence, context.plan)
        }
      } else if state.hasUnseen && summary.end == .maximum && context.plan.endsEarly {
        append(holder: .unseen)
      }
      if context.plan.holds { return }
      append("; ")
    }
    append(printable: context.program.span)
    if state.isKillRefused {
      append(" still runs: SIGKILL was refused")
    } else {
      append(summary.ending)
    }
    if let stopped = summary.stopped {
      append(" after ")
      append(stopped)
    }
  }

  /// Appends ` exited 0` or ` was ended by SIGKILL`.
  mutating func append(_ ending: Ending) {
    switch ending {
    case .exited(let code):
      append(" exited ")
      append(decimal: UInt64(code))
    case .killed(let signal):
      append(" was ended by ")
      append(signal)
    }
  }

  /// Appends what the window has shown: `: 214 late arrivals, last at +3.1s, 2 connections open`.
  private mutating func append(_ evidence: TrafficEvidence) {
    append(": ")
    append(decimal: UInt64(evidence.lateArrivals))
    append(evidence.lateArrivals == 1 ? " late arrival" : " late arrivals")
    // Of few the last tells nothing of those who had nothing to send: so many at once are one sign.
    if evidence.moments < min(evidence.lateArrivals, TrafficEvidence.fewMoments) {
      append(" in only ")
      append(decimal: UInt64(evidence.moments))
      append(evidence.moments == 1 ? " moment" : " moments")
    }
    if let last = evidence.last {
      append(", last at +")
      append(last)
    }
    append(", ")
    append(decimal: UInt64(evidence.openConnections))
    append(evidence.openConnections == 1 ? " connection open" : " connections open")
    append(evidence.waiting, " waiting to be accepted", " waiting to be accepted")
    append(evidence.inFlight, " request in flight", " requests in flight")
  }

  /// Says what held the window to its maximum.
  private mutating func append(holderOf evidence: TrafficEvidence, _ plan: DrainPlan) {
    if evidence.isSilent {
      append(", held by --until")
      if plan.hasDrainHooks { append(" or --on-drain") }
      append(": all was quiet")
    } else if let holder = evidence.holder {
      append(holder: holder)
    }
  }

  private mutating func append(_ count: UInt32, _ one: StaticString, _ many: StaticString) {
    if count == 0 { return }
    append(", ")
    append(decimal: UInt64(count))
    append(count == 1 ? one : many)
  }

  private mutating func append(holder: WindowHolder) {
    switch holder {
    case .peer(let peer):
      append(", held by ")
      append(peer.address)
      append(habit: peer)
    case .few: append(", too little traffic for silence to tell")
    case .inFlight, .waiting, .unseen:
      append(", held by ")
      append(holder.name)
    }
  }

  /// Says how a peer comes, and what a regular one is likely to be.
  private mutating func append(habit peer: Peer) {
    if peer.requests > peer.connections { return append(": requests on an open connection") }
    guard let rhythm = peer.rhythm else { return }
    append(": a connection every ")
    append(rhythm)
    if peer.isRegular { append(", a probe? point it at /readyz") }
  }

  /// Appends the summary's fields for a JSON object, each with a comma before it.
  mutating func appendFields(
    _ summary: Summary, _ evidence: TrafficEvidence?, hasUnseen: Bool
  ) {
    if let evidence {
      append(",\"late_arrivals\":")
      append(decimal: UInt64(evidence.lateArrivals))
      append(",\"arrival_moments\":")
      append(decimal: UInt64(evidence.moments))
      if let last = evidence.last {
        append(",\"last_arrival_seconds\":")
        append(seconds: last)
      }
      append(",\"open_connections\":")
      append(decimal: UInt64(evidence.openConnections))
      append(",\"waiting_connections\":")
      append(decimal: UInt64(evidence.waiting))
      append(",\"requests_in_flight\":")
      append(decimal: UInt64(evidence.inFlight))
      if evidence.isSilent {
        if summary.end == .maximum { append(",\"held_by\":\"--until\"") }
      } else if let holder = evidence.holder {
        append(",\"held_by\":\"")
        if case .peer(let peer) = holder { append(peer.address) } else { append(holder.name) }
        append("\"")
      }
    } else if hasUnseen {
      append(",\"held_by\":\"")
      append(WindowHolder.unseen.name)
      append("\"")
    }
    append(",\"window_ended_by\":\"")
    append(summary.end.name)
    append("\",\"window_seconds\":")
    append(seconds: summary.window)
    append(",\"saved_seconds\":")
    append(seconds: summary.saved)
    if let stopped = summary.stopped {
      append(",\"stop_seconds\":")
      append(seconds: stopped)
    }
    append(",\"exit_code\":")
    append(decimal: UInt64(summary.ending.code))
  }
}

extension WindowHolder {
  /// What it is, where it is no peer.
  var name: StaticString {
    switch self {
    case .peer: "a peer"
    case .inFlight: "requests in flight"
    case .waiting: "connections that wait to be accepted"
    case .unseen: "sockets that cannot be seen"
    case .few: "too little traffic"
    }
  }
}
