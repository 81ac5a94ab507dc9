import CLinux
import DrainCore
import Testing

@testable import DrainLinux

/// A listener on a port of the kernel's choice, and the loop that drives it.
final class EndpointBench {
  var loop: EventLoop
  var listener: HTTPListener
  /// Added to the clock, so that a test can let time pass without waiting.
  var skew = Interval.zero
  /// How often the loop came back with an event.
  var wakeUps = 0
  /// The body of every answer; nil holds the requests.
  var body: String?
  var seen: [HTTPRequest] = []
  var peers: [IPAddress] = []

  init(body: String? = "ok\n") throws {
    loop = try EventLoop()
    let socket = try ListeningSocket.open(address: nil, port: 0)
    listener = try HTTPListener(socket, kind: 7, loop)
    self.body = body
  }

  var port: UInt16 { listener.port }
  var now: Instant { Clock.now() + skew }

  /// Runs the loop until the condition holds; false where it does not within 20 s.
  func run(until condition: () -> Bool) -> Bool {
    let start = Clock.now()
    while !condition() {
      if Clock.now().since(start) > .seconds(20) { return false }
      turn(for: .milliseconds(5))
    }
    return true
  }

  /// Runs until the client has its answer and the connection's end.
  func finish(_ client: TestClient) -> Bool {
    run {
      client.receive()
      return client.isClosed
    }
  }

  /// One turn of the loop, as drainit does it.
  func turn(for time: Interval) {
    let count = loop.wait(until: Clock.now() + time)
    for index in 0..<count {
      wakeUps += 1
      listener.handleReady(loop[index], loop, at: now)
    }
    while let slot = listener.takeRequest() {
      if let request = listener.request(of: slot) { seen.append(request) }
      if let peer = listener.peer(of: slot) { peers.append(peer) }
      if body == nil { listener.hold(slot, loop) } else { answer(slot) }
    }
    listener.expire(loop, at: now)
  }

  /// Answers everything that is held.
  func answerHeld(_ text: String) {
    body = text
    var slot = -1
    while let next = listener.nextHeld(after: slot) {
      answer(next)
      slot = next
    }
  }

  private func answer(_ slot: Int) {
    var buffer = ByteBuffer(capacity: EndpointLimits.bodyBytes)
    buffer.append(Array((body ?? "").utf8))
    listener.answer(slot, status: 200, body: buffer, loop, at: now)
  }
}

let request = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
