import CLinux
import DrainCore
import Testing

@testable import DrainLinux

@Suite struct HTTPListenerTests {
  @Test func aProbeIsAnsweredAndTheConnectionClosed() throws {
    let bench = try EndpointBench()
    for isV6 in [false, true] {
      let client = TestClient(port: bench.port, isV6: isV6)
      client.send(request)
      #expect(bench.finish(client))
      #expect(client.error == nil)
      #expect(client.status == 200)
      #expect(client.body == "ok\n")
      #expect(client.text.contains("\r\nContent-Length: 3\r\n"))
      #expect(client.text.contains("\r\nConnection: close\r\n"))
    }
    #expect(bench.peers == [.v4(0x7f00_0001), IPAddress(bits: 1)])
    #expect(bench.listener.used == 0)
    #expect(bench.listener.nextDeadline == .never)
  }

  @Test func bytesMayComeOneByOne() throws {
    let bench = try EndpointBench()
    let client = TestClient(port: bench.port)
    for byte in Array(request.utf8) {
      client.send([byte])
      bench.turn(for: .milliseconds(1))
    }
    #expect(bench.finish(client))
    #expect(client.status == 200)
  }

  @Test func aHeadRequestHasNoBody() throws {
    let bench = try EndpointBench()
    for (target, status) in [("/livez", 200), ("/nothing", 404)] {
      let client = TestClient(port: bench.port)
      client.send("HEAD \(target) HTTP/1.0\r\n\r\n")
      #expect(bench.finish(client))
      #expect(client.status == status)
      #expect(client.body == "")
      #expect(!client.text.contains("Content-Length: 0"))
    }
  }

  @Test func whatIsNoRequestIsRefused() throws {
    let bench = try EndpointBench()
    let table: [([UInt8], Int)] = [
      ([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03], 400),
      (Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), 400),
      (Array("POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8), 405),
      (Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), 404),
      (Array("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n".utf8), 414),
      (Array("GET / HTTP/1.1\r\nA: \(String(repeating: "a", count: 9000))".utf8), 431),
      (Array("GET / HTTP/3.0\r\n".utf8), 505),
    ]
    for (bytes, status) in table {
      let client = TestClient(port: bench.port)
      client.send(bytes)
      #expect(
        bench.run {
          client.receive()
          return client.body?.isEmpty == false
        })
      client.endSending()
      #expect(bench.finish(client))
      #expect(client.status == status)
      #expect(client.error == nil, "the answer must not be lost by a reset")
      #expect(client.text.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n") == (status == 405))
    }
    #expect(bench.seen.isEmpty)
    #expect(bench.listener.counts.refused == 7)
    #expect(bench.run { bench.listener.used == 0 })
  }

  @Test func bytesAfterTheRequestDoNotCostTheAnswer() throws {
    let bench = try EndpointBench()
    let client = TestClient(port: bench.port)
    client.send(request + String(repeating: request, count: 500))
    #expect(
      bench.run {
        client.receive()
        return client.body == "ok\n"
      })
    client.send(String(repeating: "x", count: 1000))
    client.endSending()
    #expect(bench.finish(client))
    #expect(client.error == nil)
    #expect(client.text.components(of: "HTTP/1.1 200") == 1)
    #expect(bench.run { bench.listener.used == 0 })
  }

  @Test func aBodyThatComesLateDoesNotCostTheAnswer() throws {
    let bench = try EndpointBench()
    let client = TestClient(port: bench.port)
    client.send("GET /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
    #expect(bench.run { !bench.seen.isEmpty })
    client.send(String(repeating: "x", count: 10_000))
    #expect(
      bench.run {
        client.receive()
        return client.body == "ok\n"
      })
    #expect(client.error == nil)
    // It sends no more and never closes: the connection ends at its deadline.
    bench.skew = .seconds(2)
    #expect(bench.run { bench.listener.used == 0 })
  }

  @Test func whoNeverStopsSendingIsCut() throws {
    let bench = try EndpointBench()
    let client = TestClient(port: bench.port)
    client.send("POST / HTTP/1.1\r\nHost: a\r\n\r\n")
    var sent = 0
    #expect(
      bench.run {
        sent += client.send([UInt8](repeating: 120, count: 16_384))
        return bench.listener.counts.refused == 1 && bench.listener.used == 0
      })
    #expect(sent < 16_000_000)
  }

  @Test func aHeadThatTakesTooLongEndsWith408() throws {
    let bench = try EndpointBench()
    let client = TestClient(port: bench.port)
    client.send("GET /readyz HTTP/1.1\r\nHo")
    #expect(bench.run { bench.listener.used != 0 })
    bench.turn(for: .milliseconds(20))
    client.receive()
    #expect(client.received.isEmpty)
    bench.skew = .seconds(5)
    #expect(
      bench.run {
        client.receive()
        return client.status == 408
      })
    client.close()
    #expect(bench.run { bench.listener.used == 0 })
  }

  @Test func aProbeGetsInWhileSlowClientsHoldEverySlot() throws {
    let bench = try EndpointBench()
    var slow: [TestClient] = []
    for _ in 0..<300 {
      let client = TestClient(port: bench.port)
      client.send("GET /readyz HTTP/1.1\r\nX-")
      slow.append(client)
    }
    #expect(bench.run { bench.listener.counts.accepted == 300 })
    #expect(bench.listener.used == .max)
    #expect(bench.listener.counts.evicted == 300 - 64)
    for _ in 0..<20 {
      let probe = TestClient(port: bench.port)
      probe.send(request)
      let before = Clock.now()
      #expect(bench.finish(probe))
      #expect(probe.status == 200)
      #expect(Clock.now().since(before) < .seconds(2))
    }
    // The newest of the slow ones are the ones that are left.
    for client in slow { client.receive() }
    #expect(slow.prefix(200).allSatisfy { $0.isClosed })
    #expect(slow.suffix(40).allSatisfy { !$0.isClosed })
    for client in slow { client.close(withReset: true) }
    #expect(bench.run { bench.listener.used == 0 })
    #expect(bench.listener.nextDeadline == .never)
  }

  @Test func aRequestThatWaitsIsNeverCut() throws {
    let bench = try EndpointBench(body: nil)
    var clients: [TestClient] = []
    for _ in 0..<70 {
      let client = TestClient(port: bench.port)
      client.send(request)
      clients.append(client)
    }
    #expect(bench.run { bench.seen.count == 64 })
    bench.turn(for: .milliseconds(1))
    // All slots wait: the rest stays in the accept queue, and the loop sleeps.
    bench.wakeUps = 0
    bench.turn(for: .milliseconds(50))
    #expect(bench.wakeUps == 0)
    #expect(bench.listener.nextDeadline == .never)
    bench.answerHeld("late\n")
    for client in clients {
      #expect(bench.finish(client))
      #expect(client.body == "late\n")
      #expect(client.error == nil)
    }
    #expect(bench.listener.counts.evicted == 0)
    #expect(bench.listener.used == 0)
  }

  @Test func aClientThatHangsUpWhileItWaitsIsForgotten() throws {
    let bench = try EndpointBench(body: nil)
    let gone = TestClient(port: bench.port)
    let halfClosed = TestClient(port: bench.port)
    gone.send(request)
    halfClosed.send(request)
    halfClosed.endSending()
    #expect(bench.run { bench.seen.count == 2 })
    gone.close(withReset: true)
    #expect(bench.run { bench.listener.used.nonzeroBitCount == 1 })
    // Who only said that it sends no more still wants the answer.
    bench.answerHeld("ok\n")
    #expect(bench.finish(halfClosed))
    #expect(halfClosed.body == "ok\n")
    #expect(bench.listener.used == 0)
  }

  @Test func bytesWhileTheAnswerIsAwaitedDoNotCostItAndDoNotWakeTheLoop() throws {
    let bench = try EndpointBench(body: nil)
    let client = TestClient(port: bench.port)
    client.send(request)
    #expect(bench.run { bench.seen.count == 1 })
    client.send(request)
    bench.turn(for: .milliseconds(10))
    bench.wakeUps = 0
    bench.turn(for: .milliseconds(30))
    #expect(bench.wakeUps == 0)
    bench.answerHeld("ok\n")
    client.receive()
    client.endSending()
    #expect(bench.finish(client))
    #expect(client.body == "ok\n")
    #expect(client.error == nil)
  }

  @Test func peersThatResetOrVanishLeaveNothingBehind() throws {
    let bench = try EndpointBench()
    for round in 0..<50 {
      let client = TestClient(port: bench.port)
      if round % 3 == 1 { client.send("GET /re") }
      if round % 3 == 2 { client.send(request) }
      if round % 2 == 0 { bench.turn(for: .milliseconds(1)) }
      client.close(withReset: round % 5 != 0)
    }
    #expect(bench.run { bench.listener.counts.accepted + bench.listener.counts.pauses >= 40 })
    #expect(bench.run { bench.listener.used == 0 })
    #expect(bench.listener.counts.mistakes == 0)
    let probe = TestClient(port: bench.port)
    probe.send(request)
    #expect(bench.finish(probe))
    #expect(probe.status == 200)
  }

  @Test func aSlowReaderGetsItAllAndOneThatReadsNothingIsCut() throws {
    let long = String(repeating: "0123456789abcdef", count: 760)
    let bench = try EndpointBench(body: long)
    try SystemCall.setOption(bench.listener.number, SOL_SOCKET, SO_SNDBUF, 2048)
    let reader = TestClient(port: bench.port, receiveBuffer: 1024)
    reader.send(request)
    #expect(bench.run { bench.seen.count == 1 })
    #expect(bench.listener.used == 1)
    #expect(bench.listener.connections[0].stage == .sending)
    #expect(bench.finish(reader))
    #expect(reader.body == long)
    #expect(reader.error == nil)
    let lazy = TestClient(port: bench.port, receiveBuffer: 1024)
    lazy.send(request)
    #expect(bench.run { bench.seen.count == 2 })
    bench.turn(for: .milliseconds(10))
    #expect(bench.listener.used == 1)
    bench.skew = .seconds(5)
    #expect(bench.run { bench.listener.used == 0 })
  }

  @Test func aTakenPortIsTold() throws {
    let bench = try EndpointBench()
    #expect(throws: ListenError.taken) {
      _ = try ListeningSocket.open(address: nil, port: bench.port)
    }
    #expect(throws: ListenError.taken) {
      _ = try ListeningSocket.open(address: .v4(0x7f00_0001), port: bench.port)
    }
    #expect(throws: ListenError.failed(Errno(EADDRNOTAVAIL))) {
      _ = try ListeningSocket.open(address: .v4(0xc000_0201), port: 0)
    }
  }

  @Test func withoutDescriptorsTheLoopDoesNotSpinAndProbesGetInLater() async {
    // In a process of its own: the limit is the whole process's.
    await #expect(processExitsWith: .success) {
      let bench = try EndpointBench()
      let probe = TestClient(port: bench.port)
      let slow = TestClient(port: bench.port)
      slow.send("GET /")
      probe.send(request)
      var old = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &old)
      var none = rlimit(rlim_cur: 0, rlim_max: old.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
      for _ in 0..<10 { bench.turn(for: .milliseconds(1)) }
      guard bench.listener.counts.accepted == 0, bench.wakeUps <= 2 else { exit(1) }
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &old)
      guard bench.finish(probe), probe.status == 200 else { exit(2) }
      // Where a slow client has the last descriptor, it makes room.
      guard bench.listener.used.nonzeroBitCount == 1 else { exit(3) }
      let next = TestClient(port: bench.port)
      next.send(request)
      let last = bench.listener.connections[bench.listener.used.trailingZeroBitCount].number
      var few = rlimit(rlim_cur: rlim_t(last + 1), rlim_max: old.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &few)
      guard bench.finish(next), next.status == 200 else { exit(4) }
      exit(0)
    }
  }
}

extension String {
  /// How often `part` occurs.
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
