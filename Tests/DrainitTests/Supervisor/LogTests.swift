import CLinux
import Foundation
import Testing

@testable import DrainCore
@testable import DrainLinux
@testable import drainit

private func makeLog(_ outlet: Outlet, _ words: [String] = []) throws -> Log {
  let options = try options(words + ["--", "app"])
  var context = LogContext(program: Array("app".utf8), gate: [], plan: try plan(options))
  context.isJSON = options.logsJSON
  return Log(LogSink(outlet.end), options, context)
}

private let late = LogEvent.killing(after: .seconds(3))
private let draining = LogEvent.draining(
  .term, minimum: .seconds(5), maximum: .seconds(12), stop: .term)

@Suite struct LogTests {
  @Test(
    arguments: [
      ([], ["not", "app"]), (["-q"], ["app"]), (["-v"], ["reaped:", "not", "app"]),
      (["--plain"], ["app"]), (["--plain", "-v"], ["reaped:", "not", "app"]),
    ] as [([String], [String])])
  func whatMattersEnoughIsWritten(_ words: [String], _ firstWords: [String]) throws {
    let outlet = try Outlet()
    var log = try makeLog(outlet, words)
    for event in [LogEvent.reaped(pid: 7, .exited(code: 0)), .unready, late] {
      log.write(event, LifecycleState())
    }
    let found = lines(outlet.text())
    #expect(found.map { $0.split(separator: " ")[1] } == firstWords.map { $0[...] })
    #expect(found.allSatisfy { $0.hasPrefix("drainit: ") })
    let showsDebug = log.shows(.debug)
    #expect(showsDebug == firstWords.contains("reaped:"))
  }

  @Test func aLineOfJSONHasItsTime() throws {
    let outlet = try Outlet()
    var log = try makeLog(outlet, ["--log", "json"])
    log.write(.unready, LifecycleState())
    let line = outlet.text()
    #expect(line.hasPrefix("{\"time\":\"20"))
    #expect(line.hasSuffix("not ready from now on (--unready-after)\"}\n"))
  }

  // A pipe of one page, which nobody reads.
  @Test func whatIsDroppedIsCountedAndToldOnce() throws {
    let outlet = try Outlet()
    _ = linux_fcntl(outlet.end, 1031, 4096)
    var log = try makeLog(outlet)
    var written = 0
    while log.linesDropped == 0 && written < 1_000 {
      log.write(.unready, LifecycleState())
      written += 1
    }
    for _ in 0..<2 { log.write(.unready, LifecycleState()) }
    let dropped = log.linesDropped
    #expect(dropped == 3)
    #expect(lines(outlet.text()).count == written - 1)
    log.write(late, LifecycleState())
    log.write(.unready, LifecycleState())
    let found = lines(outlet.text())
    #expect(found.first == "drainit: 3 lines were dropped: the log could not take them")
    #expect(found.count == 3)
  }

  @Test func itsDescriptorsAreDrainitsOwn() throws {
    let outlet = try Outlet()
    var log = try makeLog(outlet)
    var own = OwnDescriptors()
    log.insert(into: &own)
    let before = own.count
    log.write(.unready, LifecycleState())
    log.insert(into: &own)
    #expect(before == 0)
    // The pipe, opened once more so as not to wait.
    #expect(own.count == 1)
  }
}

/// What stays in `/dev/termination-log`, of which a thread is given one of its own.
@Suite(.enabled(if: getuid() == 0)) struct TraceTests {
  private static let path = "/dev/termination-log"

  /// Writes the events, each with the state that it comes with, and returns what the file then holds, and what
  /// of it the log takes for its own.
  private func trace(
    _ words: [String], _ events: [(LogEvent, WindowEnd)], over earlier: String = ""
  ) throws -> (text: String, bytes: Int) {
    let outlet = try Outlet()
    return try aside(.mounts) {
      // Nothing that is mounted here is seen outside.
      guard mount("none", "/", nil, 0x4000 | 0x4_0000, nil) == 0,
        mount("none", "/dev", "tmpfs", 0, nil) == 0
      else { throw Errno(linux_errno()) }
      try earlier.write(toFile: TraceTests.path, atomically: false, encoding: .utf8)
      var log = try makeLog(outlet, words)
      for (event, end) in events {
        var state = LifecycleState()
        state.windowEnd = end
        state.drainedAt = Instant(nanoseconds: 1_000_000_000)
        state.endedAt = Instant(nanoseconds: 2_000_000_000)
        log.write(event, state)
      }
      return (try String(contentsOfFile: TraceTests.path, encoding: .utf8), log.traceBytes)
    }
  }

  @Test(arguments: [[], ["-q"]] as [[String]])
  func theWindowsBeginningAndWhyNothingStartedStay(_ words: [String]) throws {
    for (event, begin) in [
      (draining, "drainit: SIGTERM: draining for 5s to 12s"),
      (.notExecuted(errno: 2), "drainit: app cannot be started"),
      (.startTimedOut(after: .seconds(9)), "drainit: --start-after did not hold"),
    ] {
      let found = try trace(words, [(event, .none)])
      #expect(found.text.hasPrefix(begin))
      #expect(found.bytes == found.text.utf8.count)
    }
  }

  @Test func theSummaryReplacesTheBeginning() throws {
    let found = try trace([], [(draining, .none), (.ended(.exited(code: 0)), .quiet)])
    #expect(found.text.hasPrefix("drainit: drained in 1s (quiet"))
    #expect(found.text.filter { $0 == "\n" }.count == 1)
    #expect(found.bytes == found.text.utf8.count)
  }

  @Test func theRestLeavesNone() throws {
    let ended = LogEvent.ended(.exited(code: 0))
    let found = try trace([], [(ended, .none), (late, .none), (.unready, .none)])
    #expect(found == ("", 0))
  }

  @Test func whatTheAppHasWrittenStays() throws {
    let found = try trace([], [(draining, .none)], over: "the app's own\n")
    #expect(found == ("the app's own\n", 0))
  }
}
