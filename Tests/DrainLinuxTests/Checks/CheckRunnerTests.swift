import CLinux
import DrainCore
import Testing

@testable import DrainLinux

/// A server that a test plays by hand, and a runner with one check.
final class CheckBench {
  var loop: EventLoop
  var runner: CheckRunner
  var skew = Interval.zero
  private(set) var reports: [CheckReport] = []
  private let server: FileDescriptor
  /// The server's descriptor.
  var number: Int32 { server.number }
  private(set) var peers: [Int32] = []
  let port: UInt16

  /// Listens on an address, or reserves a port that nobody listens on.
  init(
    _ check: (UInt16) -> String, on address: IPAddress = .v4(0x7f00_0001), listens: Bool = true,
    headers: [[UInt8]] = []
  ) throws {
    let socket = try SystemCall.streamSocket(address.isV4 ? AF_INET : AF_INET6)
    try SystemCall.bind(socket.number, to: SocketAddress(address, port: 0))
    if listens { try SystemCall.listen(socket.number, backlog: 16) }
    port = SystemCall.localAddress(socket.number)!.port
    server = consume socket
    let text = Array(check(port).utf8)
    loop = try EventLoop()
    runner = CheckRunner(
      checks: [try Check(parsing: text.span)], headers: headers, timeout: .seconds(1), kind: 3)
  }

  var now: Instant { Clock.now() + skew }
  var outcome: CheckOutcome? { reports.last?.outcome }

  func start() -> CheckStart {
    let result = runner.start(0, loop, at: now)
    if case .finished(let outcome) = result {
      reports.append(CheckReport(check: 0, outcome: outcome))
    }
    return result
  }

  func turn() {
    let count = loop.wait(until: Clock.now() + .milliseconds(5))
    for index in 0..<count {
      if let report = runner.handleReady(loop[index], loop, at: now) { reports.append(report) }
    }
    while let report = runner.expire(loop, at: now) { reports.append(report) }
    var address = IPAddress(bits: 0)
    if let peer = try? SystemCall.accept(server.number, from: &address) {
      peers.append(peer.release())
    }
  }

  /// False where the condition does not hold within 20 s.
  func run(until condition: () -> Bool) -> Bool {
    let start = Clock.now()
    while !condition() {
      if Clock.now().since(start) > .seconds(20) { return false }
      turn()
    }
    return true
  }

  /// What the last peer has sent so far; nil at its end.
  func received() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    guard let peer = peers.last else { return "" }
    switch buffer.withUnsafeMutableBytes({ SystemCall.receive(peer, into: $0) }) {
    case .bytes(let count): return String(decoding: buffer.prefix(count), as: UTF8.self)
    case .wouldBlock: return ""
    case .endOfFile, .failed: return nil
    }
  }

  func say(_ text: String) { say(Array(text.utf8)) }

  func say(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes { SystemCall.send(peers[peers.count - 1], $0) }
  }

  func hangUp() { _ = close(peers.removeLast()) }

  deinit { for peer in peers { _ = close(peer) } }
}

@Suite struct CheckRunnerTests {
  @Test func aConnectThatSucceedsHolds() throws {
    let bench = try CheckBench { "tcp:\($0)" }
    _ = bench.start()
    #expect(bench.run { bench.outcome != nil })
    #expect(bench.outcome == .holds)
    #expect(bench.runner.nextDeadline == .never)
    #expect(bench.run { bench.peers.count == 1 })
    #expect(bench.run { bench.received() == nil })
  }

  @Test func anAppThatListensOnIPv6AloneIsFound() throws {
    let bench = try CheckBench({ "tcp:\($0)" }, on: IPAddress(bits: 1))
    _ = bench.start()
    #expect(bench.run { bench.outcome != nil })
    #expect(bench.outcome == .holds)
  }

  @Test func aPortThatNobodyListensOnIsRefused() throws {
    for check in ["tcp:", "tcp:127.0.0.1:", "tcp:[::1]:"] {
      let bench = try CheckBench({ "\(check)\($0)" }, listens: false)
      _ = bench.start()
      #expect(bench.run { bench.outcome != nil })
      #expect(bench.outcome == .fails(.refused))
    }
  }

  @Test func aConnectionToItselfIsNobodys() throws {
    // What the kernel may make of a connect to a port that nobody listens on.
    let bench = try CheckBench({ "tcp:127.0.0.1:\($0)" }, listens: false)
    let number = bench.number
    _ = try SystemCall.connect(number, to: SocketAddress(.v4(0x7f00_0001), port: bench.port))
    #expect(bench.run { SystemCall.localAddress(number) != nil })
    #expect(SystemCall.isConnectedToItself(number))
    let other = try CheckBench { "tcp:\($0)" }
    _ = other.start()
    #expect(other.run { other.peers.count == 1 })
    #expect(!SystemCall.isConnectedToItself(other.peers[0]))
  }

  @Test func anAnswersStatusDecides() throws {
    let table: [(String, CheckOutcome)] = [
      ("HTTP/1.1 200 OK\r\n\r\n", .holds), ("HTTP/1.1 302 Found\r\n", .holds),
      ("HTTP/1.1 400 Bad\r\n", .fails(.status(400))), ("HTTP/1.1 500 \r\n", .fails(.status(500))),
      ("SSH-2.0-x\r\n", .fails(.badAnswer)),
    ]
    for (answer, expected) in table {
      let bench = try CheckBench { "http://127.0.0.1:\($0)/health?x" }
      #expect(bench.start() == .underWay)
      var request = ""
      #expect(
        bench.run {
          request += bench.received() ?? ""
          return request.hasSuffix("\r\n\r\n")
        })
      #expect(request.hasPrefix("GET /health?x HTTP/1.1\r\nHost: 127.0.0.1:\(bench.port)\r\n"))
      for character in answer {
        bench.say(String(character))
        bench.turn()
      }
      #expect(bench.run { bench.outcome != nil })
      #expect(bench.outcome == expected)
      #expect(bench.reports.count == 1)
    }
  }

  @Test func theRestOfAnAnswerIsReadWithinBounds() throws {
    let bench = try CheckBench { "http://127.0.0.1:\($0)/" }
    _ = bench.start()
    #expect(bench.run { bench.peers.count == 1 })
    bench.say("HTTP/1.1 200 OK\r\n\r\n")
    #expect(bench.run { bench.outcome == .holds })
    for _ in 0..<3 { bench.turn() }
    // It is still connected: the server may finish its sentence.
    bench.say("body")
    for _ in 0..<3 { bench.turn() }
    #expect(bench.received() != nil)
    bench.hangUp()
    #expect(bench.run { bench.runner.nextDeadline == .never })
    // One that never ends is cut.
    _ = bench.start()
    #expect(bench.run { bench.peers.count == 1 })
    bench.say("HTTP/1.1 200 OK\r\n\r\n")
    var said = 0
    #expect(
      bench.run {
        bench.say(String(repeating: "x", count: 1000))
        said += 1000
        return bench.runner.nextDeadline == .never
      })
    #expect(said < 500_000)
    #expect(bench.reports.count == 2)
  }

  @Test func aServerThatSaysNothingTimesOut() throws {
    for answer in ["", "HTTP/1.1 2", "HTTP/1.1 100 x\r\n\r\n"] {
      let bench = try CheckBench { "http://127.0.0.1:\($0)/" }
      _ = bench.start()
      #expect(bench.run { bench.peers.count == 1 })
      bench.say(answer)
      for _ in 0..<3 { bench.turn() }
      #expect(bench.outcome == nil)
      bench.skew = .seconds(1)
      #expect(bench.run { bench.outcome != nil })
      #expect(bench.outcome == .fails(.timedOut))
    }
  }

  @Test func aServerThatHangsUpHasNotAnswered() throws {
    let bench = try CheckBench { "http://127.0.0.1:\($0)/" }
    _ = bench.start()
    #expect(bench.run { bench.peers.count == 1 })
    bench.say("HTTP/1.1 20")
    bench.hangUp()
    #expect(bench.run { bench.outcome != nil })
    #expect(bench.outcome == .fails(.noAnswer))
  }

  @Test func startedAnewItIsOneCheck() throws {
    let bench = try CheckBench { "http://127.0.0.1:\($0)/" }
    _ = bench.start()
    #expect(bench.run { bench.peers.count == 1 })
    _ = bench.start()
    #expect(bench.run { bench.peers.count == 2 })
    bench.say("HTTP/1.1 204 x\r\n")
    #expect(bench.run { bench.outcome != nil })
    #expect(bench.reports.count == 1)
  }

  @Test func aNameWaitsForItsAddresses() throws {
    let bench = try CheckBench { "tcp:db.local:\($0)" }
    #expect(bench.start() == .needsAddresses)
    #expect(String(decoding: bench.runner.name(of: 0), as: UTF8.self) == "db.local")
    #expect(bench.runner.connect(0, to: AddressList(), bench.loop) == .finished(.fails(.noAddress)))
    _ = bench.start()
    bench.skew = .seconds(1)
    #expect(bench.run { bench.outcome == .fails(.timedOut) })
    // An answer of the resolver that comes too late is nothing.
    #expect(bench.runner.connect(0, to: .loopback, bench.loop) == .underWay)
    for _ in 0..<5 { bench.turn() }
    #expect(bench.peers.isEmpty)
    #expect(bench.runner.nextDeadline == .never)
    _ = bench.start()
    if bench.runner.connect(0, to: .loopback, bench.loop) == .underWay {
      #expect(bench.run { bench.outcome == .holds })
    }
  }

  @Test func theFirstAddressSaysWhyNoneAnswered() throws {
    let bench = try CheckBench({ "tcp:db.local:\($0)" }, listens: false)
    #expect(bench.start() == .needsAddresses)
    var addresses = AddressList()
    addresses.append(.v4(0x7f00_0001))
    addresses.append(.v4(0xffff_ffff))
    #expect(bench.runner.connect(0, to: addresses, bench.loop) == .underWay)
    #expect(bench.run { bench.outcome != nil })
    #expect(bench.outcome == .fails(.refused))
  }

  @Test func aServersHealthDecides() throws {
    let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    let headers: [UInt8] = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]
    let trailers: [UInt8] = [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88]
    for (status, expected) in [
      (UInt8(1), CheckOutcome.holds), (2, .fails(.notServing(status: 2))),
    ] {
      let bench = try CheckBench { "grpc:127.0.0.1:\($0)/a.B" }
      #expect(bench.start() == .underWay)
      var request = ""
      #expect(
        bench.run {
          request += bench.received() ?? ""
          return request.contains("a.B")
        })
      #expect(request.hasPrefix("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
      bench.say(settings)
      #expect(bench.run { (bench.received() ?? "").utf8.count == 9 })
      bench.say(headers + [0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 8, status] + trailers)
      #expect(bench.run { bench.outcome != nil })
      #expect(bench.outcome == expected)
      #expect(bench.runner.nextDeadline == .never)
    }
    let refused = try CheckBench { "grpc:127.0.0.1:\($0)" }
    _ = refused.start()
    #expect(refused.run { refused.peers.count == 1 })
    refused.say(settings + trailers)
    #expect(refused.run { refused.outcome == .fails(.callRefused) })
  }

  @Test func itsConnectionsAreKnownAsOurs() throws {
    let bench = try CheckBench { "tcp:\($0)" }
    _ = bench.start()
    #expect(bench.run { bench.peers.count == 1 })
    var peer = try #require(SystemCall.peerAddress(bench.peers[0]))
    #expect(bench.runner.ownConnections.contains(peer.address, port: peer.port))
    peer = SocketAddress(.v4(0x7f00_0001), port: bench.port)
    #expect(!bench.runner.ownConnections.contains(peer.address, port: peer.port))
  }

  @Test func whatNeedsNoConnectionIsToldAtOnce() throws {
    #expect(try CheckBench({ _ in "none" }).start() == .finished(.holds))
    #expect(try CheckBench({ _ in "listening" }).start() == .asksListeners)
  }
}
