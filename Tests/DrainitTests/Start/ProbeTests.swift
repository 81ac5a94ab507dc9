import CLinux
import DrainCore
import DrainLinux
import TestHarness
import Testing

@testable import drainit

/// Asks as `--probe` does, aside, while the test is the server.
private func probe(_ url: String, _ words: [String] = [], serving: () -> Void = {}) throws
  -> (outcome: CheckOutcome, said: String)
{
  let options = try options(words + ["--probe", url])
  let check = try #require(options.probe)
  let asked = try Aside {
    var said = ByteBuffer(capacity: ProtocolLimits.bodyLineBytes)
    let outcome = try Probe.ask(check, options, command(["drainit"]), said: &said)
    return (outcome, said.text)
  }
  serving()
  return try asked.join()
}

/// Takes one request and answers it; the request.
private func serve(_ listener: Listener, _ answer: String) -> String {
  let end = Clock.now() + .seconds(20)
  var connection: Accepted?
  while Clock.now() < end {
    connection = connection ?? listener.accept()
    if connection?.read() == true, connection?.text.contains("\r\n\r\n") == true { break }
    usleep(1000)
  }
  connection?.send(answer)
  return connection?.text ?? ""
}

@Suite struct ProbeTests {
  @Test func anAnswerIsAnOutcomeAndASentence() throws {
    for (status, body, outcome, said) in [
      ("204 No Content", "", CheckOutcome.holds, ""), ("302 Found", "x", .holds, ""),
      (
        "503 Service Unavailable", "the lake is dry\nsince noon\n", .fails(.status(503)),
        "the lake is dry"
      ),
    ] {
      let listener = try Listener()
      let found = try probe("http://127.0.0.1:\(listener.port)/healthz?a") {
        let request = serve(
          listener, "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(request.hasPrefix("GET /healthz?a HTTP/1.1\r\n"))
        #expect(request.contains("User-Agent: drainit-probe/"))
      }
      #expect(found.outcome == outcome)
      #expect(found.said == said)
    }
  }

  @Test func itIsCalledAsTheUserSays() throws {
    let listener = try Listener()
    var request = ""
    let found = try probe(
      "http://127.0.0.1:\(listener.port)/", ["--check-header", "user-agent: mine"]
    ) {
      request = serve(listener, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }
    #expect(found.outcome == .holds)
    #expect(request.contains("user-agent: mine\r\n"))
    #expect(!request.contains("drainit-probe"))
  }

  @Test func whoeverListensTakesConnections() throws {
    let listener = try Listener()
    let url = "tcp:127.0.0.1:\(listener.port)"
    #expect(try probe(url).outcome == .holds)
    listener.stopListening()
    #expect(try probe(url).outcome == .fails(.refused))
  }

  @Test func whoeverSaysNothingIsGivenUp() throws {
    let listener = try Listener()
    let url = "http://127.0.0.1:\(listener.port)/"
    #expect(try probe(url, ["--check-timeout", "100ms"]).outcome == .fails(.timedOut))
  }

  @Test func aSocketOfUNIXIsConnectedTo() throws {
    let folder = try Folder()
    let path = folder.path + "/socket"
    #expect(try probe("unix:" + path).outcome == .fails(.missing))
    let listener = try LocalListener(path)
    #expect(try probe("unix:" + path).outcome == .holds)
    _ = listener
  }
}
