import Foundation
import Testing

/// A network namespace with both ends of connections, and an observer of port 8080.
private final class Scene {
  private let box: Box

  init(before: String = "") throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = tests.appendingPathComponent("Fixtures/connections.py").path
    box = try Box("\(before) /usr/bin/python3 \(file) $probe --port 8080 -- sleep 600")
  }

  @discardableResult func run(_ line: String) -> String { box.ask(line) }

  /// Begins the drain window.
  @discardableResult func drain() -> String { box.ask("probe drain") }

  /// Takes a look.
  func look() -> String { box.ask("probe look") }

  /// Waits until what was told satisfies the test: the kernel tells of a closing a moment after it, and
  /// later where all the machine's closings wait for somebody who does not read.
  func told(until holds: (String) -> Bool) -> String {
    let deadline = Date(timeIntervalSinceNow: 60)
    while true {
      let answer = box.ask("probe told")
      if holds(answer) || Date() > deadline { return answer }
      usleep(2_000)
    }
  }

  /// Waits until what was told is `expected`.
  func told(_ expected: String) -> String {
    told { $0 == expected }
  }

  func end() { box.end() }

  deinit { end() }
}

/// The observer against the real kernel.
@Suite struct TrafficObserverTests {
  private func scene(_ lines: String..., before: String = "") throws -> Scene {
    let scene = try Scene(before: before)
    for line in lines { #expect(scene.run(line) == "None") }
    return scene
  }

  @Test func connectionsThatAreOpenAndIdleAreNoArrivals() throws {
    let scene = try scene("listen(8080)", "open_some(3)", "send(1, 500)")
    // A request just before the signal is not one after it: the kernel counts in milliseconds.
    usleep(20_000)
    #expect(scene.drain() == "strong 0 weak 0 open 3")
    #expect(scene.look() == "strong 0 weak 0 open 3")
  }

  @Test func anotherRequestOnAnOpenConnectionIsWeakAndAPingIsNone() throws {
    let scene = try scene("listen(8080)", "open_some(3)")
    scene.drain()
    scene.run("send(0, 46)")
    #expect(scene.look() == "strong 0 weak 0 open 3")
    scene.run("send(1, 57)")
    #expect(scene.look() == "strong 0 weak 1 open 3")
    scene.run("close(1)")
    #expect(scene.look() == "strong 0 weak 1 open 2")
  }

  @Test func theRequestsOfAKeptAliveConnectionAreCounted() throws {
    let scene = try scene("listen(8080)", "open_some(1)")
    scene.drain()
    for _ in 0..<20 { scene.run("send(0, 300)") }
    #expect(scene.look() == "strong 0 weak 20 open 1")
    for _ in 0..<5 { scene.run("send(0, 300)") }
    scene.run("close(0)")
    #expect(scene.told("strong 0 weak 25 open 1") == "strong 0 weak 25 open 1")
  }

  @Test func aNewConnectionThatStaysIsStrongOnce() throws {
    let scene = try scene("listen(8080)")
    scene.drain()
    scene.run("open_some(5)")
    #expect(scene.look() == "strong 5 weak 0 open 5")
    scene.run("send(4, 100)")
    #expect(scene.look() == "strong 5 weak 1 open 5")
    for index in 0..<5 { scene.run("close(\(index))") }
    #expect(scene.look() == "strong 5 weak 1 open 0")
  }

  @Test(arguments: ["True", "False"]) func noneThatIsShortIsMissed(serverFirst: String) throws {
    let scene = try scene("listen(8080)")
    scene.drain()
    scene.run("short(200, server_first=\(serverFirst))")
    #expect(scene.told("strong 200 weak 0 open 0") == "strong 200 weak 0 open 0")
    // A TCP check that sends nothing is a connection, too.
    scene.run("short(3, size=0, server_first=\(serverFirst))")
    #expect(scene.told("strong 203 weak 0 open 0") == "strong 203 weak 0 open 0")
    #expect(scene.look() == "strong 203 weak 0 open 0")
  }

  @Test func bothFamiliesAndMappedAddressesAreSeen() throws {
    let scene = try scene("listen(8080, \"::\")", "open_some(1, to=\"::1\")", "open_some(1)")
    #expect(scene.drain() == "strong 0 weak 0 open 2")
    scene.run("open_some(1, to=\"::1\")")
    scene.run("open_some(1)")
    #expect(scene.look() == "strong 2 weak 0 open 4")
    scene.run("short(1, to=\"::1\")")
    scene.run("short(1)")
    #expect(scene.told("strong 4 weak 0 open 4") == "strong 4 weak 0 open 4")
  }

  @Test func anIPv4ListenerIsSeen() throws {
    let scene = try scene("listen(8080, \"0.0.0.0\")", "open_some(1)")
    #expect(scene.drain() == "strong 0 weak 0 open 1")
    scene.run("short(2)")
    #expect(scene.told("strong 2 weak 0 open 1") == "strong 2 weak 0 open 1")
  }

  @Test func whatWaitsInTheAcceptQueueIsSeenAndAcceptedCountsOnce() throws {
    let scene = try scene("listen(8080)")
    scene.drain()
    scene.run("queue_some(2)")
    #expect(scene.look() == "strong 2 weak 0 open 0 waiting")
    scene.run("accept_some(2)")
    #expect(scene.look() == "strong 2 weak 0 open 2")
  }

  @Test func aFullQueueIsSeen() throws {
    let scene = try scene("listen(8080, backlog=1)", "queue_some(6)")
    #expect(scene.drain().hasSuffix(" waiting"))
  }

  @Test func otherPortsAndOutgoingConnectionsDoNotCount() throws {
    let scene = try scene("listen(8080)", "listen(15001)", "open_some(2, port=15001)")
    scene.drain()
    scene.run("open_some(4, port=15001)")
    scene.run("send(0, 500)")
    scene.run("short(20, port=15001)")
    #expect(scene.look() == "strong 0 weak 0 open 0")
    scene.run("short(1)")
    #expect(scene.told("strong 1 weak 0 open 0") == "strong 1 weak 0 open 0")
  }

  @Test func ownChecksAndIgnoredPeersDoNotCount() throws {
    let scene = try scene("listen(8080)")
    scene.drain()
    scene.run("short(1, source=(\"127.8.0.1\", 4711))")
    scene.run("short(5, source=(\"127.9.0.7\", 0))")
    scene.run("open_some(1, source=(\"127.9.0.7\", 0))")
    scene.run("short(1)")
    #expect(scene.told("strong 1 weak 0 open 0") == "strong 1 weak 0 open 0")
    #expect(scene.look() == "strong 1 weak 0 open 0")
  }

  @Test func aListenerThatClosesTakesNothingWithIt() throws {
    let scene = try scene("listen(8080)", "open_some(2)")
    scene.drain()
    scene.run("listeners.pop(8080).close()")
    scene.run("send(0, 100)")
    #expect(scene.look() == "strong 0 weak 1 open 2")
  }

  /// More closings than the socket's memory holds: the kernel says ENOBUFS, and that is an arrival.
  @Test func lostClosingsAreAnArrival() throws {
    let scene = try scene("listen(8080)")
    scene.drain()
    scene.run("probe.send_signal(19)")
    scene.run("short(2000)")
    #expect(scene.run("wait_for_drops()") == "None")
    scene.run("probe.send_signal(18)")
    let told = scene.told { $0.hasSuffix(" missed") }
    #expect(told.hasSuffix(" missed"))
    #expect(try #require(Int(told.split(separator: " ")[1])) > 0)
  }

  @Test func withoutNetlinkItIsBlind() throws {
    let scene = try scene("listen(8080)", before: "exec \(Box.withoutNetlink)")
    #expect(scene.drain() == "blind 1")
    #expect(scene.look() == "blind 1")
  }

  @Test func noPrivilegeIsNeeded() throws {
    let drop =
      "setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=-all"
    let scene = try scene("listen(8080)", "open_some(1)", before: drop)
    #expect(scene.drain() == "strong 0 weak 0 open 1")
    scene.run("short(2)")
    #expect(scene.told("strong 2 weak 0 open 1") == "strong 2 weak 0 open 1")
  }

  @Test func aSecondWindowBeginsAnew() throws {
    let scene = try scene("listen(8080)", "open_some(1)")
    scene.drain()
    scene.run("open_some(1)")
    #expect(scene.look() == "strong 1 weak 0 open 2")
    #expect(scene.run("probe end") == "ended")
    scene.run("short(5)")
    usleep(20_000)
    #expect(scene.drain() == "strong 0 weak 0 open 2")
  }
}
