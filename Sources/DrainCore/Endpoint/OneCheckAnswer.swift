// `/readyz/CHECK` and `/livez/CHECK`, as kube-apiserver has them: one check's page.

extension EndpointAnswer {
  /// The check that a path names, as `?verbose` prints it or with percent escapes; nil where none is called so.
  public static func check(
    named name: Span<UInt8>, of checks: borrowing CheckSchedule
  ) -> Int? {
    for index in 0..<checks.count {
      let own = checks.names[index]
      if PercentDecoding.isEqual(name, path: own.span) { return index }
    }
    return nil
  }

  /// Appends the body of one check's page and returns its status: as the page of all, with this check alone.
  public func render(
    _ page: ProbePage, check name: Span<UInt8>, gate: borrowing ReadinessGate,
    live: borrowing ReadinessGate, into body: inout ByteBuffer
  ) -> UInt16 {
    let isReady = page == .readyz
    let found =
      isReady
      ? EndpointAnswer.check(named: name, of: gate.checks)
      : EndpointAnswer.check(named: name, of: live.checks)
    guard let index = found else {
      body.append("not found: no such check: ?verbose lists them\n")
      return 404
    }
    if isReady {
      guard facts.mayBeReady, facts.appRuns, gate.isOpen else {
        _ = renderReady(gate, Span(), isVerbose: false, &body)
        return 503
      }
      return conclude(index, of: gate.checks, "not ready: ", &body)
    }
    if !isAlive {
      body.append("the app has ended\n")
      return 503
    }
    // From the drain signal on nobody asks it any more, and it holds up nobody.
    if facts.asksLive { return conclude(index, of: live.checks, "not alive: ", &body) }
    body.append("ok\n")
    return 200
  }

  private func conclude(
    _ index: Int, of checks: borrowing CheckSchedule, _ refusal: StaticString,
    _ body: inout ByteBuffer
  ) -> UInt16 {
    if checks.outcome(of: index).doesHold {
      body.append("ok\n")
      return 200
    }
    body.append(refusal)
    append(failing: index, of: checks, &body)
    body.append("\n")
    return 503
  }
}
