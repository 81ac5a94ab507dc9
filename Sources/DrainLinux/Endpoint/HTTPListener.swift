import CLinux
import DrainCore

/// The endpoint's side of the network: takes connections, reads requests, sends answers.
///
/// It never waits and allocates nothing after it was made. What a request means is not decided here:
/// `takeRequest` hands out whole requests, and each is answered at once by `answer`, or held and
/// answered later. The lowest free slot is used first, so that few pages are ever touched.
public struct HTTPListener: ~Copyable {
  /// What was seen since the start.
  public var counts = EndpointCounts()
  /// The listening socket's descriptor; -1 where there is none.
  public let number: Int32
  // It is only held here, for as long as it is to stay open.
  private let listener: FileDescriptor?
  let kind: UInt8
  let memory: SlotMemory
  var descriptors: InlineArray<64, FileDescriptor?>
  // On the heap, once: a value of this size would be copied over the stack whenever it is moved.
  var connections: [HTTPConnection]
  /// Bit n says that slot n holds a connection.
  var used: UInt64 = 0
  var output: ByteBuffer
  private var isPaused = false
  private var resumeTime = Instant.never
  private var hasFreed = false

  // The slot number in the token of the listening socket itself.
  private static var listenerSlot: UInt32 { .max }

  /// Takes over a listening socket and watches it; every token has this `kind`. Without one (nil) it
  /// never has a connection.
  public init(_ listener: consuming FileDescriptor?, kind: UInt8, _ loop: borrowing EventLoop)
    throws(Errno)
  {
    // Everything that can fail comes before the first property: Swift 6.3 does not undo half an init
    // of a noncopyable value.
    let answerBytes = EndpointLimits.answerHeadBytes &+ EndpointLimits.bodyBytes
    let slots = try SlotMemory(
      slots: EndpointLimits.connections,
      bytesEach: max(EndpointLimits.headBytes, EndpointLimits.unsentBytes))
    let socket: Int32
    let owned: FileDescriptor?
    switch consume listener {
    case .some(let descriptor):
      socket = descriptor.number
      try loop.add(socket, EventToken(kind: kind, slot: HTTPListener.listenerSlot), .reading)
      owned = consume descriptor
    case .none:
      socket = -1
      owned = nil
    }
    memory = slots
    descriptors = InlineArray { _ in nil }
    connections = Array(repeating: HTTPConnection(), count: EndpointLimits.connections)
    output = ByteBuffer(capacity: answerBytes)
    self.kind = kind
    number = socket
    self.listener = owned
  }

  /// Tells which descriptors are the endpoint's.
  public func insert(into own: inout OwnDescriptors) {
    own.insert(number)
    var rest = used
    while rest != 0 {
      own.insert(connections[rest.trailingZeroBitCount].number)
      rest &= rest &- 1
    }
  }

  /// The port that it listens on.
  public var port: UInt16 { SystemCall.localAddress(number)?.port ?? 0 }

  /// Does what a ready descriptor of ours asks for. Requests that became whole wait for `takeRequest`.
  public mutating func handleReady(
    _ event: ReadyEvent, _ loop: borrowing EventLoop, at now: Instant
  ) {
    if event.token.slot == HTTPListener.listenerSlot {
      accept(loop, now)
    } else {
      let slot = Int(event.token.slot)
      // A stale event names the connection that the slot held before.
      guard slot < EndpointLimits.connections, used & (1 << UInt64(slot)) != 0,
        connections[slot].generation & 0xff_ffff == event.token.generation
      else { return }
      advance(slot, event, loop, now)
    }
    resume(loop, now)
  }

  /// When `expire` has something to do.
  public var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    mutating get {
      var next = isPaused ? resumeTime : .never
      var rest = used
      while rest != 0 {
        next = min(next, connections[rest.trailingZeroBitCount].deadline)
        rest &= rest &- 1
      }
      return next
    }
  }

  /// Ends what has taken too long.
  public mutating func expire(_ loop: borrowing EventLoop, at now: Instant) {
    var rest = used
    while rest != 0 {
      let slot = rest.trailingZeroBitCount
      rest &= rest &- 1
      guard connections[slot].deadline <= now else { continue }
      if connections[slot].stage == .reading {
        refuse(slot, .headTimeout, loop, now)
      } else {
        close(slot, loop)
      }
    }
    resume(loop, now)
  }

  /// The slot of a whole request that nobody has taken; it is to be answered or held.
  public mutating func takeRequest() -> Int? {
    var rest = used
    while rest != 0 {
      let slot = rest.trailingZeroBitCount
      rest &= rest &- 1
      if connections[slot].stage == .arrived {
        connections[slot].stage = .held
        return slot
      }
    }
    return nil
  }

  /// The next slot after `slot` whose request is held; -1 begins.
  public func nextHeld(after slot: Int) -> Int? {
    var next = slot &+ 1
    while next >= 0 && next < EndpointLimits.connections {
      if connections[next].stage == .held { return next }
      next &+= 1
    }
    return nil
  }

  /// The request of a slot that was taken and not answered.
  public func request(of slot: Int) -> HTTPRequest? {
    isHeld(slot) ? connections[slot].request : nil
  }

  /// Who asks, where the slot's request was taken and not answered.
  public func peer(of slot: Int) -> IPAddress? { isHeld(slot) ? connections[slot].peer : nil }

  /// The head's bytes of a slot that was taken and not answered.
  @_lifetime(borrow self)
  public func head(of slot: Int) -> Span<UInt8> {
    memory.bytes(of: slot, isHeld(slot) ? connections[slot].filled : 0)
  }

  /// Leaves a request that was taken unanswered until later; a client that hangs up is noticed.
  public mutating func hold(_ slot: Int, _ loop: borrowing EventLoop) {
    guard isHeld(slot) else { return }
    if connections[slot].unread == .none { connections[slot].unread = .unsure }
    connections[slot].deadline = .never
    watch(slot, .failure, loop)
  }

  /// Answers a request that was taken.
  public mutating func answer(
    _ slot: Int, status: UInt16, _ content: HTTPResponse.Content = .text,
    body: borrowing ByteBuffer, _ loop: borrowing EventLoop, at now: Instant
  ) {
    guard isHeld(slot), let request = connections[slot].request else { return }
    output.removeAll()
    let length = request.answer == .none ? 0 : body.count
    HTTPResponse(status: status, content: content, bodyLength: length).appendHead(to: &output)
    if request.answer == .whole { output.append(body.bytes) }
    send(slot, loop, now)
    resume(loop, now)
  }

  private func isHeld(_ slot: Int) -> Bool {
    slot >= 0 && slot < EndpointLimits.connections && connections[slot].stage == .held
  }

  // MARK: Accepting

  private mutating func accept(_ loop: borrowing EventLoop, _ now: Instant) {
    for _ in 0..<EndpointLimits.acceptsATurn {
      guard used != .max || evictionCandidate != nil else { return pause(until: .never, loop) }
      do {
        var peer = IPAddress(bits: 0)
        guard let descriptor = try SystemCall.accept(number, from: &peer) else { return }
        counts.accepted &+= 1
        place(descriptor, peer, loop, now)
      } catch {
        if error.isOurMistake { counts.mistakes &+= 1 }
        // accept(2): everything else is an error of that one connection, or the network's.
        guard isShortage(error) || error.isOurMistake else { continue }
        if isShortage(error), let oldest = evictionCandidate {
          counts.evicted &+= 1
          close(oldest, loop)
        } else {
          return pause(until: now + EndpointLimits.acceptPause, loop)
        }
      }
    }
  }

  private func isShortage(_ error: Errno) -> Bool {
    error.number == EMFILE || error.number == ENFILE || error.number == ENOBUFS
      || error.number == ENOMEM
  }

  private mutating func place(
    _ descriptor: consuming FileDescriptor, _ peer: IPAddress, _ loop: borrowing EventLoop,
    _ now: Instant
  ) {
    if used == .max, let oldest = evictionCandidate {
      counts.evicted &+= 1
      close(oldest, loop)
    }
    guard used != .max else { return }
    let slot = (~used).trailingZeroBitCount
    var connection = HTTPConnection()
    connection.stage = .reading
    connection.number = descriptor.number
    connection.peer = peer
    connection.generation = connections[slot].generation &+ 1
    connection.order = counts.accepted
    connection.deadline = now + EndpointLimits.headTime
    connections[slot] = connection
    descriptors[slot] = consume descriptor
    used |= 1 << UInt64(slot)
    // A probe's request is mostly here already: then the loop never hears of the connection.
    read(slot, loop, now)
  }

  /// Who makes room: the oldest that has sent no whole request; else the oldest that has its answer,
  /// or does not take it. A request that waits for its answer is never cut.
  @inline(never) private var evictionCandidate: Int? {
    var candidate: Int?
    var rest = used
    while rest != 0 {
      let slot = rest.trailingZeroBitCount
      rest &= rest &- 1
      let stage = connections[slot].stage
      if stage == .arrived || stage == .held { continue }
      guard let best = candidate else {
        candidate = slot
        continue
      }
      let isBetterKind = stage == .reading && connections[best].stage != .reading
      let isSameKind = (stage == .reading) == (connections[best].stage == .reading)
      let isOlder = connections[slot].order < connections[best].order
      if isBetterKind || (isSameKind && isOlder) { candidate = slot }
    }
    return candidate
  }

  @inline(never) private mutating func pause(until time: Instant, _ loop: borrowing EventLoop) {
    // Level-triggered, the listener would wake the loop again and again.
    counts.pauses &+= 1
    isPaused = true
    hasFreed = false
    resumeTime = time
    setListenerInterest(.failure, loop)
  }

  private mutating func resume(_ loop: borrowing EventLoop, _ now: Instant) {
    guard isPaused, hasFreed || resumeTime <= now else { return }
    isPaused = false
    resumeTime = .never
    setListenerInterest(.reading, loop)
  }

  private mutating func setListenerInterest(_ interest: Interest, _ loop: borrowing EventLoop) {
    do {
      let token = EventToken(kind: kind, slot: HTTPListener.listenerSlot)
      try loop.modify(number, token, interest)
    } catch {
      counts.mistakes &+= 1
    }
  }

  // MARK: Slots

  /// Watches a connection for something; one that cannot be watched is closed.
  @inline(never) mutating func watch(_ slot: Int, _ interest: Interest, _ loop: borrowing EventLoop)
  {
    let connection = connections[slot]
    guard connection.interest != interest else { return }
    let token = EventToken(
      kind: kind, slot: UInt32(truncatingIfNeeded: slot), generation: connection.generation)
    do {
      if connection.interest == nil {
        try loop.add(connection.number, token, interest)
      } else {
        try loop.modify(connection.number, token, interest)
      }
      connections[slot].interest = interest
    } catch {
      if error.isOurMistake { counts.mistakes &+= 1 }
      close(slot, loop)
    }
  }

  /// Closes a connection and frees its slot.
  @inline(never) mutating func close(_ slot: Int, _ loop: borrowing EventLoop) {
    guard used & (1 << UInt64(slot)) != 0 else { return }
    if connections[slot].interest != nil {
      // A child that has not executed its program yet may hold a copy, and close alone would leave
      // the registration behind (epoll(7), question 6).
      do { try loop.remove(connections[slot].number) } catch { counts.mistakes &+= 1 }
    }
    descriptors[slot] = nil
    connections[slot].stage = .free
    connections[slot].interest = nil
    connections[slot].deadline = .never
    used &= ~(1 << UInt64(slot))
    hasFreed = true
    // Probes use the lowest slots; what a crowd touched beyond them is given back.
    if slot >= EndpointLimits.warmSlots { memory.release(slot) }
  }
}
