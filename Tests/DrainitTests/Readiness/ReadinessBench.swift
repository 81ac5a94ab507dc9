import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

/// The readiness side with its loop, as the supervisor drives it.
final class ReadinessBench: Turning {
  var loop: EventLoop
  var readiness: Readiness
  var facts = EndpointFacts(phase: .starting, mayBeReady: false, appRuns: false)
  /// What came of all turns so far.
  private(set) var opened = 0
  private(set) var mayStart = 0
  private(set) var live: [Bool] = []
  private(set) var until: [Bool] = []
  private(set) var endedHooks: UInt8 = 0
  private(set) var kubeletAsked = 0
  private(set) var reports = 0

  convenience init(_ words: String...) throws { try self.init(words) }

  init(_ words: [String]) throws {
    // A port of the kernel's choice, free again.
    let endpoint = try Listener().port
    let options = try options(["--listen", "127.0.0.1:\(endpoint)"] + words + ["--", "app"])
    loop = try EventLoop()
    let command = command(["drainit"], [])
    readiness = try Readiness(
      options, command, nil,
      ChildSettings(
        environment: command.environmentPointers, directory: nil, mask: SignalSet(),
        dispositions: Dispositions()), loop)
  }

  var endpoint: UInt16 { readiness.endpoint.port }

  func note(_ news: ReadinessNews) {
    if news.hasOpened { opened += 1 }
    if news.mayStart { mayStart += 1 }
    if let isLive = news.isLive { live.append(isLive) }
    if let holds = news.untilHolds { until.append(holds) }
    endedHooks |= news.endedHooks
    if news.kubeletAsked { kubeletAsked += 1 }
    if news.wantsReport { reports += 1 }
  }

  /// The app has been started.
  func startApp() {
    facts.appRuns = true
    note(readiness.follow(facts, loop, Clock.now()))
  }

  /// The app has been started and the gate has opened.
  func becomeReady() {
    startApp()
    run { opened > 0 }
    facts.phase = .serving
    facts.mayBeReady = true
  }

  /// The drain signal has come.
  func drain(sparingTheKubelet: Bool = false) {
    facts.phase = .draining
    facts.mayBeReady = false
    facts.mayBeReadyForKubelet = sparingTheKubelet
  }

  /// One turn of the loop.
  func turn() {
    let count = loop.wait(until: Clock.now() + .milliseconds(2))
    for index in 0..<count {
      switch EventSource(loop[index].token) {
      case .endpoint: note(readiness.take(loop[index], facts, loop, Clock.now()))
      case .checks(let role):
        note(readiness.take(loop[index], of: role, facts, loop, Clock.now()))
      default: Issue.record("an event of nobody's")
      }
    }
    if readiness.nextDeadline <= Clock.now() { note(readiness.expire(facts, loop, Clock.now())) }
  }

  /// Whether `/readyz` has failed so often to each who probed it.
  func wasProbed(_ times: UInt32, since drainedAt: Instant) -> Bool {
    readiness.wasProbed(times: times, drainedAt: drainedAt)
  }

  /// Whether a connection to the app from that port of loopback is one of the checks'.
  func isOwn(_ port: UInt16) -> Bool {
    readiness.groups.isOwnConnection(.v4(0x7f00_0001), port: port)
  }

  /// Asks the endpoint, and waits for the answer.
  func ask(_ target: String, agent: String = "curl") -> (status: String, body: String) {
    guard let client = try? Client(to: endpoint) else { return ("none", "") }
    client.send("GET \(target) HTTP/1.1\r\nHost: a\r\nUser-Agent: \(agent)\r\n\r\n")
    run {
      client.receive()
      return client.isClosed
    }
    return client.answer ?? ("none", "")
  }
}
