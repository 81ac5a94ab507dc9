import DrainCore
import DrainLinux

// `/metrics` and `/status`: what the readiness side knows, with what the rest of drainit tells of itself.
extension Readiness {
  /// Answers whoever asks for a report.
  @inline(never) mutating func answerReports(_ facts: ReportFacts, _ loop: borrowing EventLoop) {
    facts.endpointCounts = endpoint.counts
    var slot = -1
    while let next = endpoint.nextHeld(after: slot) {
      slot = next
      guard let request = endpoint.request(of: slot) else { continue }
      switch request.route {
      case .metrics:
        body.removeAll()
        renderMetrics(MetricsReport(facts))
        finish(slot, .metrics, loop, facts.now)
      case .status:
        body.removeAll()
        renderStatus(StatusReport(facts))
        finish(slot, .json, loop, facts.now)
      case .probe: break
      }
    }
  }

  private mutating func renderMetrics(_ report: MetricsReport) {
    report.render(gate: groups[.ready].pointee.gate, into: &body)
    report.begin(.holds, into: &body)
    report.render(.holds, groups[.ready].pointee.gate.checks, of: .ready, into: &body)
    report.render(.holds, groups[.live].pointee.gate.checks, of: .live, into: &body)
    report.begin(.duration, into: &body)
    report.render(.duration, groups[.ready].pointee.gate.checks, of: .ready, into: &body)
    report.render(.duration, groups[.live].pointee.gate.checks, of: .live, into: &body)
  }

  private mutating func renderStatus(_ report: StatusReport) {
    report.begin(gate: groups[.ready].pointee.gate, into: &body)
    report.render(checks: groups[.ready].pointee.gate.checks, of: .ready, into: &body)
    report.render(checks: groups[.live].pointee.gate.checks, of: .live, into: &body)
    report.end(into: &body)
  }

  private mutating func finish(
    _ slot: Int, _ content: HTTPResponse.Content, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    // Half a report would be a wrong one.
    let isWhole = body.cut == 0
    if !isWhole {
      body.removeAll()
      body.append("the report is too long\n")
    }
    endpoint.answer(
      slot, status: isWhole ? 200 : 500, isWhole ? content : .text, body: body, loop, at: now)
  }
}
