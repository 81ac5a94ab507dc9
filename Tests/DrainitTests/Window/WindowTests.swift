import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

/// A drain window over a listener of the test's own, in which the test is clock and loop.
private final class Scene {
  let app: Listener
  var loop: EventLoop
  var window: Window
  var now = Clock.now()
  var hasUnseen = false
  var found = AppListeners()
  var isOwn: (UInt16) -> Bool = { _ in false }
  var wasProbed: (UInt32) -> Bool = { _ in false }

  convenience init(_ words: String...) throws { try self.init(words) }

  init(_ words: [String]) throws {
    app = try Listener()
    let options = try options(words + ["--", "app"])
    let plan = try DrainPlan.make(options, platform: .elsewhere, isFirstProcess: true)
    loop = try EventLoop()
    window = Window(options, plan)
  }

  func drain() {
    found.ports.insert(app.port)
    window.begin(
      found.ports, at: ListeningEnds(), drainedAt: now, hasUnseen: hasUnseen, loop, now)
    settle()
  }

  /// Takes what the kernel tells, until the look is over.
  func settle() {
    let end = Clock.now() + .seconds(20)
    repeat {
      let count = loop.wait(until: Clock.now() + .milliseconds(20))
      for index in 0..<count {
        window.take(loop[index], { _, port in self.isOwn(port) }, loop, now)
      }
      if count == 0 && window.nextDeadline != .never { return }
    } while Clock.now() < end
    Issue.record("a look that does not end")
  }

  /// A connection that is opened and closed at once.
  func visit() throws {
    let client = try Client(to: app.port)
    #expect(app.accept() != nil)
    _ = client
  }

  /// Lets the time pass, and what is missing until the next look is due, and takes it.
  func look(after time: Interval, cost: Interval = .zero) {
    now = max(now + time, window.nextDeadline)
    window.look(found, at: ListeningEnds(), cost: cost, loop, now)
    settle()
  }

  var verdict: WindowEnd? { window.verdict(now, wasProbed: wasProbed) }
}

@Suite struct WindowTests {
  @Test func nothingIsSaidBeforeItBeginsAndAfterItsEnd() throws {
    let scene = try Scene("--drain", "1s..60s")
    #expect(scene.verdict == nil)
    #expect(scene.window.nextDeadline == .never)
    #expect(scene.window.evidence == nil)
    scene.drain()
    #expect(scene.verdict == WindowEnd.none)
    #expect(scene.window.nextDeadline != .never)
    scene.window.end(scene.loop)
    #expect(scene.verdict == nil)
    #expect(scene.window.nextDeadline == .never)
  }

  @Test func arrivalsAreCountedAndDrainitsOwnAreNot() throws {
    let scene = try Scene("--drain", "1s..60s")
    scene.drain()
    try scene.visit()
    scene.look(after: .seconds(2))
    #expect(scene.window.evidence?.lateArrivals == 1)
    scene.isOwn = { _ in true }
    try scene.visit()
    scene.look(after: .seconds(2))
    #expect(scene.window.evidence?.lateArrivals == 1)
  }

  @Test func silenceEndsItWhereSomethingCame() throws {
    let scene = try Scene("--drain", "1s..60s", "--until", "quiet:10s")
    scene.drain()
    try scene.visit()
    scene.look(after: .seconds(2))
    #expect(scene.verdict == WindowEnd.none)
    scene.look(after: .seconds(30))
    #expect(scene.verdict == .quiet)
  }

  @Test func whatItCostsToFindListenersPutsTheNextLookOff() throws {
    let scene = try Scene("--drain", "1s..3600s")
    scene.drain()
    scene.look(after: .seconds(2), cost: .seconds(1))
    // 2 % of a core.
    #expect(scene.window.nextDeadline >= scene.now + .seconds(50))
  }

  @Test func onlyWhereMoreIsAskedForWasItSilentAndHeld() throws {
    for (more, isHeld) in [(["closed"], true), (["quiet"], false)] {
      let scene = try Scene(
        ["--drain", "1s..300s", "--until", "quiet:10s"] + more.flatMap { ["--until", $0] })
      let client = try Client(to: scene.app.port)
      let connection = scene.app.accept()
      usleep(20_000)
      scene.drain()
      #expect(scene.window.evidence?.isSilent == false)
      scene.look(after: .seconds(30))
      #expect(scene.window.evidence?.isSilent == isHeld)
      _ = (client, consume connection)
    }
  }

  @Test func whatCannotBeSeenHoldsIt() throws {
    let scene = try Scene("--drain", "1s..60s", "--until", "quiet:10s")
    scene.hasUnseen = true
    scene.drain()
    try scene.visit()
    scene.look(after: .seconds(2))
    scene.look(after: .seconds(30))
    #expect(scene.verdict == WindowEnd.none)
  }

  @Test func closedWaitsForTheLastConnection() throws {
    let scene = try Scene("--drain", "1s..300s", "--until", "closed")
    var client: Client? = try Client(to: scene.app.port)
    var connection = scene.app.accept()
    usleep(20_000)
    scene.drain()
    scene.look(after: .seconds(100))
    #expect(scene.verdict == WindowEnd.none)
    client = nil
    connection = nil
    // The kernel ends them in its own time.
    usleep(300_000)
    scene.look(after: .seconds(100))
    scene.look(after: .seconds(60))
    #expect(scene.verdict == .closed)
    _ = (client, connection)
  }

  @Test func probedWaitsUntilEverybodyHasHeard() throws {
    let scene = try Scene("--drain", "1s..60s", "--until", "quiet:5s", "--until", "probed:2")
    scene.drain()
    try scene.visit()
    scene.look(after: .seconds(2))
    scene.look(after: .seconds(20))
    var asked: UInt32 = 0
    scene.wasProbed = {
      asked = $0
      return false
    }
    #expect(scene.verdict == WindowEnd.none)
    #expect(asked == 2)
    scene.wasProbed = { _ in true }
    #expect(scene.verdict == .probed)
  }

  @Test func whatAnEarlierLifeSawIsCounted() throws {
    let scene = try Scene("--drain", "1s..60s")
    var memory = TrafficMemory()
    memory.connections = 5
    memory.moments = 2
    memory.last = scene.now
    memory.momentBegan = scene.now
    scene.window.earlier = memory
    scene.drain()
    #expect((scene.window.evidence?.newConnections ?? 0) >= 5)
  }

  @Test func thatNothingCanBeSeenIsToldOnce() throws {
    let told = try aside {
      let scene = try Scene("--drain", "1s..60s")
      let before = scene.window.takeFailure()
      try refuseNetlink()
      scene.found.ports.insert(scene.app.port)
      scene.window.begin(
        scene.found.ports, at: ListeningEnds(), drainedAt: scene.now, hasUnseen: false, scene.loop,
        scene.now)
      let failures = [before, scene.window.takeFailure(), scene.window.takeFailure()]
      return (failures, scene.window.failure, scene.verdict, scene.window.nextDeadline)
    }
    #expect(told.0 == [nil, Errno(EPERM), nil])
    #expect(told.1 == Errno(EPERM))
    // The window lasts its maximum, whatever silence there is.
    #expect(told.2 == nil)
    #expect(told.3 == .never)
  }
}
