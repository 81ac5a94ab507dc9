import CLinux
import DrainCore

/// One connection's way from its first byte to its end.
extension HTTPListener {
  /// Goes on with a connection that the loop says is ready.
  mutating func advance(
    _ slot: Int, _ event: ReadyEvent, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    switch connections[slot].stage {
    case .free: break
    case .reading: read(slot, loop, now)
    case .arrived, .held:
      // Both directions are closed, or the connection was reset: nobody waits for the answer.
      if event.hasFailed { close(slot, loop) }
    case .sending: sendRest(slot, loop, now)
    case .lingering: drain(slot, loop)
    }
  }

  /// Reads what is there of the request's head.
  mutating func read(_ slot: Int, _ loop: borrowing EventLoop, _ now: Instant) {
    let filled = connections[slot].filled
    let room = EndpointLimits.headBytes &- filled
    let page = memory[slot]
    let free = UnsafeMutableRawBufferPointer(rebasing: page[filled..<(filled &+ room)])
    switch SystemCall.receive(connections[slot].number, into: free) {
    case .wouldBlock: return watch(slot, .reading, loop)
    case .endOfFile: return close(slot, loop)
    case .failed(let error):
      if error.isOurMistake { counts.mistakes &+= 1 }
      return close(slot, loop)
    case .bytes(let count):
      connections[slot].filled = min(filled &+ count, EndpointLimits.headBytes)
      // A read that was not filled has emptied the socket.
      connections[slot].unread = count >= room ? .some : .none
    }
    let length = connections[slot].filled
    var parser = connections[slot].parser
    let progress = parser.advance(over: memory.bytes(of: slot, length))
    connections[slot].parser = parser
    switch progress {
    case .needMore: watch(slot, .reading, loop)
    case .refused(let refusal): refuse(slot, refusal, loop, now)
    case .request(let request):
      counts.requests &+= 1
      if request.announcesBody || connections[slot].filled > request.headLength {
        connections[slot].unread = .some
      }
      connections[slot].request = request
      connections[slot].stage = .arrived
      connections[slot].deadline = .never
    }
  }

  /// Answers what is no request of ours.
  mutating func refuse(
    _ slot: Int, _ refusal: HTTPRefusal, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    counts.refused &+= 1
    let isHead = connections[slot].parser.isHead(
      in: memory.bytes(of: slot, connections[slot].filled))
    // More of it may be on its way.
    connections[slot].unread = .some
    output.removeAll()
    let length = refusal.text.utf8CodeUnitCount
    HTTPResponse(status: refusal.status, bodyLength: length).appendHead(to: &output)
    if !isHead { output.append(refusal.text) }
    send(slot, loop, now)
  }

  /// Sends what is in `output`, and keeps in the slot's memory what the client does not take yet.
  @inline(never) mutating func send(_ slot: Int, _ loop: borrowing EventLoop, _ now: Instant) {
    let number = connections[slot].number
    var sent = 0
    switch output.withBytes({ SystemCall.send(number, $0) }) {
    case .bytes(let count): sent = count
    case .wouldBlock: break
    case .endOfFile, .failed: return close(slot, loop)
    }
    let left = output.count &- sent
    if left <= 0 { return finish(slot, loop, now) }
    let page = memory[slot]
    if left > page.count {
      counts.evicted &+= 1
      return close(slot, loop)
    }
    output.withBytes { bytes in
      page.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sent..<bytes.count]))
    }
    connections[slot].filled = left
    connections[slot].sent = 0
    connections[slot].stage = .sending
    connections[slot].deadline = now + EndpointLimits.answerTime
    watch(slot, .writing, loop)
  }

  private mutating func sendRest(_ slot: Int, _ loop: borrowing EventLoop, _ now: Instant) {
    let connection = connections[slot]
    let rest = UnsafeRawBufferPointer(
      rebasing: memory[slot][connection.sent..<max(connection.sent, connection.filled)])
    switch SystemCall.send(connection.number, rest) {
    case .bytes(let count): connections[slot].sent = connection.sent &+ count
    case .wouldBlock: return
    case .endOfFile, .failed: return close(slot, loop)
    }
    if connections[slot].sent >= connection.filled { finish(slot, loop, now) }
  }

  /// The answer is out: closes, once nothing that is unread can turn the close into a reset.
  @inline(never) private mutating func finish(
    _ slot: Int, _ loop: borrowing EventLoop, _ now: Instant
  ) {
    if connections[slot].unread == .none { return close(slot, loop) }
    if connections[slot].unread == .unsure {
      guard case .bytes = SystemCall.receive(connections[slot].number, into: memory[slot]) else {
        return close(slot, loop)
      }
    }
    SystemCall.endSending(connections[slot].number)
    connections[slot].stage = .lingering
    connections[slot].deadline = now + EndpointLimits.lingerTime
    connections[slot].dropped = 0
    drain(slot, loop)
  }

  /// Reads and drops what the client still sends, until it closes or has sent too much.
  @inline(never) private mutating func drain(_ slot: Int, _ loop: borrowing EventLoop) {
    while connections[slot].dropped < EndpointLimits.lingerBytes {
      switch SystemCall.receive(connections[slot].number, into: memory[slot]) {
      case .bytes(let count): connections[slot].dropped &+= count
      case .wouldBlock: return watch(slot, .reading, loop)
      case .endOfFile, .failed: return close(slot, loop)
      }
    }
    close(slot, loop)
  }
}
