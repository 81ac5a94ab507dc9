// Bytes from the network: the endpoint's clients, and the servers that checks ask.

/// A request's head, which grows piece by piece; read at once it comes to the same.
func fuzzHTTPRequest(_ input: Span<UInt8>) {
  guard input.count > 1 else { return }
  let step = max(1, Int(input[0]))
  let head = input.extracting(1...)
  var whole = HTTPRequestParser()
  let atOnce = whole.advance(over: head)
  var parser = HTTPRequestParser()
  var progress = HTTPProgress.needMore
  var seen = 0
  while progress == .needMore && seen < head.count {
    seen = min(seen + step, head.count)
    progress = parser.advance(over: head.extracting(..<seen))
  }
  must(progress == atOnce, "a request in pieces is another request")
  switch progress {
  case .needMore: break
  case .refused(let refusal): must(refusal.status >= 400, "a refusal that is none")
  case .request(let request): answer(request, head)
  }
}

/// Answers a request as the endpoint does, in every phase.
private func answer(_ request: HTTPRequest, _ head: Span<UInt8>) {
  must(request.headLength <= head.count, "a head beyond its bytes")
  guard case .probe(let page) = request.route else { return }
  let check = Check(text: Array("listening".utf8), kind: .listening)
  let gate = ReadinessGate(
    checks: CheckSchedule(checks: [check], every: .milliseconds(250)),
    settings: GateSettings(successes: 1, warmup: .zero), memory: GateMemory())
  for phase in [Phase.starting, .serving, .draining, .leaving] {
    var body = ByteBuffer(capacity: EndpointLimits.bodyBytes)
    let facts = EndpointFacts(phase: phase, mayBeReady: phase == .serving, appRuns: true)
    let status = EndpointAnswer(facts: facts, now: Instant(nanoseconds: 1)).render(
      page, query: request.query.of(head), gate: gate, live: gate, into: &body)
    must(status == 200 || status == 503 || status == 400, "an answer that is none")
    if request.check.isEmpty { continue }
    must(request.check.end <= request.headLength, "a check beyond its head")
    body.removeAll()
    let one = EndpointAnswer(facts: facts, now: Instant(nanoseconds: 1)).render(
      page, check: request.check.of(head), gate: gate, live: gate, into: &body)
    must(one == 200 || one == 503 || one == 404, "an answer about one check that is none")
  }
}

/// A server's answer to an `http:` check.
func fuzzHTTPReply(_ input: Span<UInt8>) {
  var line = HTTPBodyLine()
  inPieces(input) { !line.isOver(after: $0) }
  var text = ByteBuffer(capacity: 1024)
  line.append(to: &text)
  must(text.count <= ProtocolLimits.bodyLineBytes, "a line that is too long")
  for index in 0..<text.count {
    must(text.bytes[index] >= 0x20 && text.bytes[index] <= 0x7e, "a byte that is not printable")
  }
  var parser = HTTPReplyParser()
  inPieces(input) { piece in
    switch parser.advance(over: piece) {
    case .needMore: return true
    case .status(let status):
      must(status >= 200 && status <= 999, "a status that is none")
      return false
    case .malformed: return false
    }
  }
}

/// A server's answer to a `grpc:` check: HTTP/2 frames and HPACK as far as they are read.
func fuzzGRPCReply(_ input: Span<UInt8>) {
  var parser = GRPCReplyParser()
  inPieces(input) { piece in
    let progress = parser.advance(over: piece)
    parser.owesAcknowledgement = false
    return progress == .needMore
  }
}

/// The app's datagrams to its `NOTIFY_SOCKET`, one a line that ends in a form feed.
func fuzzNotify(_ input: Span<UInt8>) {
  var notices = AppNotices()
  var datagram = ByteBuffer(capacity: NotifyMessage.longest)
  var passedOn = ByteBuffer(capacity: NotifyMessage.longest)
  for index in 0..<input.count {
    if input[index] != 0x0c && index + 1 < input.count {
      datagram.append(input[index])
      continue
    }
    passedOn.removeAll()
    let message = NotifyMessage(datagram, passedOn: &passedOn)
    if let status = message.status {
      must(status.start <= status.end && status.end <= datagram.count, "a status beyond its bytes")
    }
    must(passedOn.count <= datagram.count + 1, "more passed on than came")
    _ = notices.take(message, at: Instant(nanoseconds: Int64(index)))
    let runs = notices.watchdog == .alive
    must(runs == (notices.watchdogDue != .never), "a watchdog without a time")
    datagram.removeAll()
  }
}
