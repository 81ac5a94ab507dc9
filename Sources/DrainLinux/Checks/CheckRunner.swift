import CLinux
import DrainCore

/// What starting a check came to.
public enum CheckStart: Equatable, BitwiseCopyable, Sendable {
  /// It is over already.
  case finished(CheckOutcome)
  /// Its outcome comes by `handleReady` or `expire`.
  case underWay
  /// What the app listens on decides, which the caller looks up.
  case asksListeners
  /// Its host's name has to be resolved: `connect(_:to:_:)` goes on with the addresses. At the
  /// check's deadline it has failed, resolved or not.
  case needsAddresses
  /// It is not a matter of connections: the check's kind says what else decides.
  case elsewhere
}

/// A check that is over.
public struct CheckReport: Equatable, BitwiseCopyable, Sendable {
  public var check: Int
  public var outcome: CheckOutcome

  public init(check: Int, outcome: CheckOutcome) {
    self.check = check
    self.outcome = outcome
  }
}

/// Runs the checks of one set, each at most once at a time, over connections that never wait.
public struct CheckRunner: ~Copyable {
  /// Where the connections came from that count as nobody's arrival.
  public private(set) var ownConnections: OwnConnections
  private let targets: [CheckTarget]
  private let timeout: Interval
  private let kind: UInt8
  private var descriptors: InlineArray<16, FileDescriptor?>
  private var exchanges: [CheckExchange]
  private var input: ByteBuffer
  /// What the body of an answer says, where somebody wants to know.
  private var bodyLine: HTTPBodyLine?

  /// Makes a runner of the first `CheckLimits.count` checks; every token has this `kind`.
  public init(checks: [Check], headers: [[UInt8]], timeout: Interval, kind: UInt8) {
    var targets: [CheckTarget] = []
    for check in checks where targets.count < CheckLimits.count {
      targets.append(CheckTarget(check, headers: headers))
    }
    self.targets = targets
    exchanges = Array(repeating: CheckExchange(), count: targets.count)
    self.timeout = timeout
    self.kind = kind
    descriptors = InlineArray { _ in nil }
    input = ByteBuffer(capacity: targets.isEmpty ? 0 : 1984)
    ownConnections = OwnConnections(capacity: targets.isEmpty ? 0 : 64)
  }

  /// The host's name that a check needs the addresses of; empty where it needs none.
  public func name(of check: Int) -> [UInt8] {
    check >= 0 && check < targets.count ? targets[check].name : []
  }

  /// Tells which descriptors are the checks'.
  public func insert(into own: inout OwnDescriptors) {
    for check in 0..<targets.count where exchanges[check].stage != .idle {
      own.insert(exchanges[check].number)
    }
  }

  /// Begins a check; one that is under way is begun anew.
  public mutating func start(_ check: Int, _ loop: borrowing EventLoop, at now: Instant)
    -> CheckStart
  {
    guard check >= 0 && check < targets.count else { return .finished(.neverRan) }
    close(check, loop)
    switch targets[check].purpose {
    case .nothing: return .finished(.holds)
    case .listeners: return .asksListeners
    case .elsewhere: return .elsewhere
    case .connect, .ask: break
    }
    exchanges[check].deadline = now + timeout
    if targets[check].name.isEmpty {
      return begin(check, targets[check].addresses, loop)
    }
    exchanges[check].stage = .resolving
    return .needsAddresses
  }

  /// Goes on with a check whose host's name was resolved; without an address it has failed. One that
  /// is not waiting for addresses, since its time is over, is left alone.
  public mutating func connect(
    _ check: Int, to addresses: AddressList, _ loop: borrowing EventLoop
  ) -> CheckStart {
    guard check >= 0 && check < targets.count, exchanges[check].stage == .resolving else {
      return .underWay
    }
    return begin(check, addresses, loop)
  }

  /// Goes on with the check that a ready descriptor belongs to; its outcome, where it has one now.
  public mutating func handleReady(
    _ event: ReadyEvent, _ loop: borrowing EventLoop, at now: Instant
  ) -> CheckReport? {
    let check = Int(event.token.slot)
    guard check < targets.count, exchanges[check].interest != nil,
      exchanges[check].generation & 0xff_ffff == event.token.generation
    else { return nil }
    let outcome: CheckOutcome?
    switch exchanges[check].stage {
    case .idle, .resolving: outcome = nil
    case .connecting:
      let error = SystemCall.pendingError(exchanges[check].number)
      if error.number == 0 {
        outcome = connected(check, loop)
      } else {
        note(CheckFailure(error), check)
        outcome = connectNext(check, loop)
      }
    case .sending: outcome = send(check, loop)
    case .receiving: outcome = receive(check, loop)
    case .sayingWhy: outcome = readOn(check, loop)
    case .draining:
      drain(check, loop)
      outcome = nil
    }
    guard let outcome else { return nil }
    return CheckReport(check: check, outcome: outcome)
  }

  /// When `expire` has something to do.
  public var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    mutating get {
      var next = Instant.never
      for check in 0..<targets.count { next = min(next, exchanges[check].deadline) }
      return next
    }
  }

  /// Ends one check that has taken too long; to be called until it returns nil.
  public mutating func expire(_ loop: borrowing EventLoop, at now: Instant) -> CheckReport? {
    for check in 0..<targets.count where exchanges[check].deadline <= now {
      let stage = exchanges[check].stage
      let failure = stage == .sayingWhy ? exchanges[check].failure : .timedOut
      close(check, loop)
      if stage != .draining { return CheckReport(check: check, outcome: .fails(failure)) }
    }
    return nil
  }

  /// From now on a status that fails is told when the first line of the answer's body is there, too.
  public mutating func readsBodies() { bodyLine = HTTPBodyLine() }

  /// Appends that line; nothing where there was none.
  public mutating func appendBody(to buffer: inout ByteBuffer) {
    guard let line = bodyLine.take() else { return }
    line.append(to: &buffer)
  }

  // MARK: One exchange

  private mutating func begin(
    _ check: Int, _ addresses: AddressList, _ loop: borrowing EventLoop
  ) -> CheckStart {
    exchanges[check].addresses = addresses
    guard let outcome = connectNext(check, loop) else { return .underWay }
    return .finished(outcome)
  }

  /// Tries the next address; an outcome where none is left.
  private mutating func connectNext(_ check: Int, _ loop: borrowing EventLoop) -> CheckOutcome? {
    while let address = exchanges[check].addresses[exchanges[check].next] {
      exchanges[check].next &+= 1
      disconnect(check, loop)
      do {
        let place = SocketAddress(address, port: targets[check].port)
        let descriptor = try SystemCall.streamSocket(place.family)
        let isConnected = try SystemCall.connect(descriptor.number, to: place)
        exchanges[check].number = descriptor.number
        exchanges[check].generation &+= 1
        exchanges[check].stage = .connecting
        remember(descriptor.number)
        descriptors[check] = consume descriptor
        if isConnected { return connected(check, loop) }
        return watch(check, .writing, loop)
      } catch {
        note(CheckFailure(error), check)
      }
    }
    return finish(check, .fails(exchanges[check].failure), loop)
  }

  private mutating func connected(_ check: Int, _ loop: borrowing EventLoop) -> CheckOutcome? {
    if SystemCall.isConnectedToItself(exchanges[check].number) {
      note(.refused, check)
      return connectNext(check, loop)
    }
    guard case .ask = targets[check].purpose else { return finish(check, .holds, loop) }
    exchanges[check].stage = .sending
    return send(check, loop)
  }

  private mutating func send(_ check: Int, _ loop: borrowing EventLoop) -> CheckOutcome? {
    guard case .ask(let request, _) = targets[check].purpose else { return nil }
    let number = exchanges[check].number
    let sent = exchanges[check].sent
    let result = request.span.extracting(sent...).withUnsafeBytes { SystemCall.send(number, $0) }
    switch result {
    case .bytes(let count): exchanges[check].sent = sent &+ count
    case .wouldBlock: break
    case .endOfFile, .failed: return finish(check, .fails(.noAnswer), loop)
    }
    guard exchanges[check].sent >= request.count else { return watch(check, .writing, loop) }
    exchanges[check].stage = .receiving
    return watch(check, .reading, loop)
  }

  private mutating func receive(_ check: Int, _ loop: borrowing EventLoop) -> CheckOutcome? {
    switch input.receive(from: exchanges[check].number) {
    case .wouldBlock: return nil
    case .endOfFile, .failed: return finish(check, .fails(.noAnswer), loop)
    case .bytes(let count): exchanges[check].received = count
    }
    guard case .ask(_, let answer) = targets[check].purpose else { return nil }
    return answer == .grpc
      ? readGRPC(check, loop) : readHTTP(check, below: answer == .http ? 400 : 300, loop)
  }

  private mutating func readHTTP(
    _ check: Int, below limit: UInt16, _ loop: borrowing EventLoop
  ) -> CheckOutcome? {
    var parser = exchanges[check].httpReply
    let before = parser.total
    let progress = parser.advance(over: input.bytes)
    exchanges[check].httpReply = parser
    switch progress {
    case .needMore: return nil
    case .malformed: return finish(check, .fails(.badAnswer), loop)
    case .status(let code):
      if code >= limit, bodyLine != nil {
        exchanges[check].stage = .sayingWhy
        exchanges[check].failure = .status(code)
        // From the byte on that ended the number: it may be the line's end.
        return readBody(check, from: parser.total &- before &- 1, loop)
      }
      // The rest is read too, within bounds: a server whose client resets it may complain.
      exchanges[check].stage = .draining
      return code < limit ? .holds : .fails(.status(code))
    }
  }

  /// Goes on with an answer whose body is to be known.
  private mutating func readOn(_ check: Int, _ loop: borrowing EventLoop) -> CheckOutcome? {
    switch input.receive(from: exchanges[check].number) {
    case .wouldBlock: return nil
    case .bytes: return readBody(check, from: 0, loop)
    case .endOfFile, .failed: return finish(check, .fails(exchanges[check].failure), loop)
    }
  }

  private mutating func readBody(
    _ check: Int, from start: Int, _ loop: borrowing EventLoop
  ) -> CheckOutcome? {
    guard var line = bodyLine.take() else { return nil }
    let isOver = line.isOver(after: input.bytes.extracting(start...))
    bodyLine = consume line
    if !isOver { return nil }
    return finish(check, .fails(exchanges[check].failure), loop)
  }

  private mutating func readGRPC(_ check: Int, _ loop: borrowing EventLoop) -> CheckOutcome? {
    var parser = exchanges[check].grpcReply
    let progress = parser.advance(over: input.bytes)
    if parser.owesAcknowledgement {
      parser.owesAcknowledgement = false
      let number = exchanges[check].number
      let bytes = GRPCHealth.acknowledgement
      // A socket that takes no nine bytes has a full queue: the check is about to time out.
      _ = withUnsafeBytes(of: bytes) { SystemCall.send(number, $0) }
    }
    exchanges[check].grpcReply = parser
    switch progress {
    case .needMore: return nil
    // The call is over, and with it all that was asked for: nothing is left unread.
    case .status(1): return finish(check, .holds, loop)
    case .status(let status): return finish(check, .fails(.notServing(status: status)), loop)
    case .noMessage: return finish(check, .fails(.callRefused), loop)
    case .failed(let status): return finish(check, .fails(.callFailed(status: status)), loop)
    case .httpStatus(let status):
      return finish(check, .fails(.status(UInt16(truncatingIfNeeded: status))), loop)
    case .malformed: return finish(check, .fails(.badAnswer), loop)
    }
  }

  private mutating func drain(_ check: Int, _ loop: borrowing EventLoop) {
    switch input.receive(from: exchanges[check].number) {
    case .wouldBlock: return
    case .bytes(let count) where exchanges[check].received &+ count < ProtocolLimits.replyBytes:
      exchanges[check].received &+= count
    case .bytes, .endOfFile, .failed: close(check, loop)
    }
  }

  /// Keeps the first address's failure: what follows is mostly "unreachable".
  private mutating func note(_ failure: CheckFailure, _ check: Int) {
    if exchanges[check].hasFailed { return }
    exchanges[check].hasFailed = true
    exchanges[check].failure = failure
  }

  private mutating func remember(_ number: Int32) {
    guard let local = SystemCall.localAddress(number) else { return }
    ownConnections.insert(local.address, port: local.port)
  }

  // MARK: Slots

  /// Watches a connection; an outcome where it cannot be watched.
  @inline(never) private mutating func watch(
    _ check: Int, _ interest: Interest, _ loop: borrowing EventLoop
  )
    -> CheckOutcome?
  {
    let exchange = exchanges[check]
    if exchange.interest == interest { return nil }
    let token = EventToken(
      kind: kind, slot: UInt32(truncatingIfNeeded: check), generation: exchange.generation)
    do {
      if exchange.interest == nil {
        try loop.add(exchange.number, token, interest)
      } else {
        try loop.modify(exchange.number, token, interest)
      }
      exchanges[check].interest = interest
      return nil
    } catch {
      return finish(check, .fails(.noResources), loop)
    }
  }

  @inline(never) private mutating func finish(
    _ check: Int, _ outcome: CheckOutcome, _ loop: borrowing EventLoop
  ) -> CheckOutcome {
    close(check, loop)
    return outcome
  }

  @inline(never) private mutating func close(_ check: Int, _ loop: borrowing EventLoop) {
    disconnect(check, loop)
    let generation = exchanges[check].generation
    exchanges[check] = CheckExchange()
    exchanges[check].generation = generation
  }

  @inline(never) private mutating func disconnect(_ check: Int, _ loop: borrowing EventLoop) {
    if exchanges[check].interest != nil {
      // As for the endpoint's connections: a child may hold a copy of the descriptor.
      do { try loop.remove(exchanges[check].number) } catch {}
      exchanges[check].interest = nil
    }
    descriptors[check] = nil
  }
}
