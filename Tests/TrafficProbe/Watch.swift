import CLinux
import DrainCore
import DrainLinux

/// An observer with a loop of its own, told when to look by a test instead of by the rule.
struct Watch: ~Copyable {
  private var loop: EventLoop?
  private var observer = TrafficObserver(
    kind: 1, ignoring: [IPNetwork(.v4(0x7f09_0000), length: 112)])
  private var own = OwnConnections()
  private var cost = Interval.zero
  private var rule = QuietRule(
    window: DrainRange(minimum: .seconds(5), maximum: .seconds(3_600)))

  init() {
    loop = try? EventLoop()
    try? loop?.add(0, EventToken(kind: 0), .reading)
    // A check of drainit's own comes from 127.8.0.1, port 4711.
    own.insert(IPAddress.v4(0x7f08_0001), port: 4_711)
  }

  mutating func begin(_ ports: PortSet) {
    rule.begin(at: Clock.now())
    guard let loop = loop.take() else { return }
    observer.begin(ports, loop, at: Clock.now())
    self.loop = consume loop
    finishLook()
  }

  /// Takes a look, as drainit does: at the listeners first, of which there may be more than before.
  mutating func look(_ ports: inout AppPorts) {
    guard let loop = loop.take() else { return }
    let begun = Clock.processorTime()
    let found = ports.listenersAgain()
    observer.add(found.ports, at: ports.ends, isPartial: found.isPartial)
    observer.beginLook(loop, at: Clock.now())
    self.loop = consume loop
    finishLook()
    cost = Clock.processorTime() - begun
  }

  mutating func end() {
    guard let loop = loop.take() else { return }
    observer.end(loop)
    self.loop = consume loop
  }

  /// Handles what comes until standard input has something.
  mutating func waitForInput() {
    while !turn(until: nil) {}
  }

  private mutating func finishLook() {
    while observer.isLooking { _ = turn(until: nil, ignoringInput: true) }
    // What closed before the look is told now.
    _ = turn(until: Clock.now())
  }

  /// One turn of the loop; true where standard input has something.
  private mutating func turn(until deadline: Instant?, ignoringInput: Bool = false) -> Bool {
    guard var loop = loop.take() else { return true }
    var hasInput = false
    let count = loop.wait(until: deadline)
    for index in 0..<count {
      let event = loop[index]
      if event.token.kind == 0 {
        hasInput = true
      } else {
        observer.handle(event, { own.contains($0, port: $1) }, &rule, loop, at: Clock.now())
      }
    }
    self.loop = consume loop
    return hasInput && !ignoringInput
  }

  /// What the last look cost, all that was done for it, in microseconds of the processor's time.
  func reportCost(to output: inout ByteBuffer) {
    output.append(decimal: cost.nanoseconds / 1_000)
  }

  func report(to output: inout ByteBuffer) {
    if let failure = observer.failure {
      output.append("blind ")
      return output.append(decimal: Int64(failure.number))
    }
    let evidence = rule.evidence
    output.append("strong ")
    output.append(decimal: UInt64(evidence.newConnections))
    output.append(" weak ")
    output.append(decimal: UInt64(evidence.requests))
    output.append(" open ")
    output.append(decimal: UInt64(evidence.openConnections))
    if evidence.missed > 0 { output.append(" missed") }
    if evidence.waiting > 0 { output.append(" waiting") }
  }
}
