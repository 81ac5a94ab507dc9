import CLinux
import DrainCore
import Foundation
import Testing

@testable import DrainLinux

@Suite struct ReaperTests {
  // The orphans are adopted only because the piece has made itself the subreaper.
  @Test func childrenAndAdoptedOrphansAreAllReaped() throws {
    #expect(try Piece.lines("reap", "300") == ["reaped 600"])
  }

  @Test func aLookAtAChildLeavesItToBeReaped() throws {
    #expect(try Piece.lines("peek") == ["peeked 7", "exited 7"])
  }
}

@Suite struct SignallingTests {
  /// An app with a child in its group and a stranger in a session of its own, each of which says
  /// that it got SIGUSR1 and ends with 5.
  private func family(_ target: String, _ count: Int, value: Int = 0) throws -> [String] {
    let program = """
      import os, signal as s
      s.pthread_sigmask(s.SIG_BLOCK, [s.SIGUSR1])
      name = "app"
      if os.fork() == 0: name = "child"
      elif os.fork() == 0:
        name = "stranger"
        os.setsid()
      os.close(9)
      s.sigwait([s.SIGUSR1])
      os.write(1, f"got {name}\\n".encode())
      os._exit(5)
      """
    return try Piece.lines(
      "send", target, "10", "\(value)", "\(count)", "python3", "-c", program)
  }

  @Test(arguments: [0, 5]) func theAppAlone(value: Int) throws {
    let lines = try family("app", 1, value: value)
    #expect(lines.filter { $0.hasPrefix("got") } == ["got app"])
    #expect(lines.filter { $0.hasPrefix("left python3 ") }.count == 2)
    #expect(lines.contains("sent 0") && lines.last == "nobody 0")
  }

  @Test(arguments: [0, 5]) func itsGroup(value: Int) throws {
    let lines = try family("group", 2, value: value)
    #expect(Set(lines.filter { $0.hasPrefix("got") }) == ["got app", "got child"])
    #expect(lines.filter { $0.hasPrefix("left python3 ") }.count == 1)
    #expect(lines.contains("sent 0") && lines.last == "nobody 0")
  }

  @Test(arguments: [0, 5]) func everyDescendant(value: Int) throws {
    let lines = try family("all", 3, value: value)
    #expect(
      Set(lines.filter { $0.hasPrefix("got") }) == ["got app", "got child", "got stranger"])
    #expect(lines.filter { $0.hasPrefix("left python3 ") }.isEmpty)
    #expect(lines.contains("sent 0") && lines.last == "nobody 0")
  }

  @Test func aValueReachesTheAppWithItsSender() throws {
    let program = """
      import os, signal as s
      s.pthread_sigmask(s.SIG_BLOCK, [40])
      os.close(9)
      i = s.sigwaitinfo([40])
      print(i.si_code, i.si_pid, flush=True)
      os._exit(5)
      """
    let lines = try Piece.lines("send", "app", "40", "77", "1", "python3", "-c", program)
    // Two processes write: whose line is first is the scheduler's.
    #expect(lines.sorted() == ["-1 1", "nobody 0", "sent 0"])
  }
}
