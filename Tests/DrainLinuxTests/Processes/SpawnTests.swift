import Foundation
import TestHarness
import Testing

@testable import DrainLinux

@Suite struct SpawnTests {
  @Test func theEndIsTheProgramsOwn() throws {
    #expect(try Piece.lines("spawn", "sh", "-c", "exit 7") == ["exited 7"])
    #expect(try Piece.lines("spawn", "sh", "-c", "kill -9 $$") == ["killed 9"])
    // That it went on is told only to who asks before it ends.
    let lines = try Piece.lines("spawn", "sh", "-c", "kill -STOP $$; exit 3")
    #expect(lines.filter { $0 != "continued 0" } == ["stopped 19", "exited 3"])
  }

  @Test func aFailedExecIsReportedWithItsReason() throws {
    let folder = try Folder()
    let plain = try folder.file("plain", "", mode: 0o644)
    let table: [(String, Int32, Int32)] = [
      ("/nonexistent", ENOENT, 127), ("nonexistent", ENOENT, 127), ("", ENOENT, 127),
      (plain + "/below", ENOTDIR, 127), (plain, EACCES, 126), (folder.path, EACCES, 126),
      ("/proc/self/status", EACCES, 126),
      (try folder.file("interpreter", "#!/nonexistent\n"), ENOENT, 127),
    ]
    for (name, reason, code) in table {
      #expect(try Piece.lines("spawn", name) == ["failed \(reason)", "code \(code)"], "\(name)")
    }
  }

  @Test func aNameWithoutASlashIsLookedForInPath() throws {
    let folder = try Folder()
    try folder.file("first", "#!/bin/sh\necho first\n")
    try folder.file("denied", "#!/bin/sh\n", mode: 0o644)
    let file = try folder.file("a-file", "")
    let long = String(repeating: "x", count: 5000)
    let path = "\(file):/nonexistent:\(long):\(folder.path):/usr/bin:/bin"
    func lines(_ name: String, _ path: String) throws -> [String] {
      try Piece.lines("spawn", name, environment: ["PATH": path])
    }
    #expect(try lines("first", path) == ["first", "exited 0"])
    #expect(try lines("true", path) == ["exited 0"])
    #expect(try lines("denied", path) == ["failed 13", "code 126"])
    #expect(try lines("nosuch", path) == ["failed 2", "code 127"])
  }

  @Test func anEmptyPartOfPathIsTheWorkingDirectory() throws {
    let folder = try Folder()
    try folder.file("here", "#!/bin/sh\necho here\n")
    let piece = try Piece(
      ["spawn", "here"],
      prefix: ["sh", "-c", "cd \(folder.path); PATH=/nonexistent: exec \"$@\"", "sh"])
    #expect(piece.lines() == ["here", "exited 0"])
  }

  @Test func withoutPathTheUsualFoldersAreSearched() throws {
    let lines = try Piece.lines("spawn", "true", prefix: ["env", "-u", "PATH"])
    #expect(lines == ["exited 0"])
  }

  @Test func aScriptWithoutAnInterpreterLineRunsByTheShell() throws {
    let folder = try Folder()
    let script = try folder.file("script", "echo \"$0 $# $1 $2\"\n")
    let lines = try Piece.lines("spawn", script, "a b", "c")
    #expect(lines == ["\(script) 2 a b c", "exited 0"])
    #expect(
      try Piece.lines("spawn", "script", "x", environment: ["PATH": folder.path + ":/bin"]) == [
        "\(script) 1 x ", "exited 0",
      ])
  }

  @Test func maskAndDispositionsAreAsDrainitWasStartedWith() throws {
    func signals(_ command: [String]) throws -> [String] {
      let piece = try Piece(command: command + ["cat", "/proc/self/status"])
      return piece.lines().filter { $0.hasPrefix("SigBlk") || $0.hasPrefix("SigIgn") }
    }
    // Ignored: SIGHUP by nohup's way, SIGCHLD and SIGSEGV, which drainit changes. Blocked: SIGUSR1
    // and the first real-time signal.
    let started = [
      "python3", "-c",
      """
      import os, signal as s, sys
      for n in (1, 11, 17): s.signal(n, s.SIG_IGN)
      s.pthread_sigmask(s.SIG_BLOCK, [10, 34])
      os.execvp(sys.argv[1], sys.argv[1:])
      """,
    ]
    let plain = try signals([])
    let odd = try signals(started)
    #expect(plain[0] == "SigBlk:\t0000000000000000")
    #expect(odd[0] == "SigBlk:\t0000000200000200")
    #expect(odd[1] != plain[1])
    #expect(try signals([Piece.program, "spawn"]) == plain)
    #expect(try signals(started + [Piece.program, "spawn"]) == odd)
  }

  @Test func theAppLeadsAGroupOrASessionOfItsOwnOrStaysInOurs() throws {
    // pid, parent, group, session.
    func ids(_ placement: String...) throws -> [Int] {
      let piece = try Piece(
        ["spawn"] + placement + [
          "sh", "-c", "read a b c d e f rest < /proc/$$/stat; echo $a $d $e $f",
        ])
      let fields = piece.lines().first?.split(separator: " ").compactMap { Int($0) }
      return try #require(fields)
    }
    let group = try ids()
    #expect(group[2] == group[0] && group[3] != group[0])
    let session = try ids("session")
    #expect(session[2] == session[0] && session[3] == session[0])
    let parent = try ids("parent")
    #expect(parent[2] != parent[0])
  }

  @Test func variablesThatNameDrainitNameTheApp() throws {
    let show = "echo $LISTEN_PID $WATCHDOG_PID $LISTEN_FDS $(( $$ ))"
    let own =
      (try Piece(
        ["spawn", "sh", "-c", show],
        prefix: [
          "sh", "-c", "export LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_FDS=2; exec \"$@\"", "sh",
        ]
      ).lines().first ?? "").split(separator: " ")
    try #require(own.count == 4)
    #expect(own[0] == own[3] && own[1] == own[3] && own[2] == "2")
    let other =
      try Piece(
        ["spawn", "sh", "-c", show],
        prefix: ["env", "LISTEN_PID=1x", "WATCHDOG_PID=99999999", "LISTEN_FDS=3"]
      ).lines().first ?? ""
    #expect(other.hasPrefix("1x 99999999 3 "))
  }

  @Test func descriptorsArePassedOnAndOurOwnAreNot() throws {
    let script = "for f in /proc/$$/fd/*; do echo ${f##*/}; done"
    let opened = ["sh", "-c", "exec 7</dev/null 8>&1 \"$@\"", "sh"]
    func numbers(_ prefix: [String]) throws -> Set<String> {
      Set(try Piece.lines("spawn", "sh", "-c", script, prefix: prefix).filter { Int($0) != nil })
    }
    let before = try numbers([])
    #expect(before.isSuperset(of: ["0", "1", "2"]))
    #expect(try numbers(opened) == before.union(["7", "8"]))
    // Started without drainit in between, the shell has the same: three, and its listing's.
    let direct = try Piece(command: ["sh", "-c", script])
    #expect(before == Set(direct.lines()))
    #expect(direct.end() == 0)
  }

  @Test func inheritedDescriptorsAreClosedAfterTheStart() throws {
    let opened = ["bash", "-c", "exec 7</dev/null 50</dev/null 150</dev/null \"$@\"", "bash"]
    let lines = try Piece.lines("spawn", "closed", "true", prefix: opened)
    // 1, 2, and the four that the piece keeps.
    #expect(lines.contains("open 6"))
  }

  @Test func theAppDiesWithDrainitWhereItIsToldTo() throws {
    let piece = try Piece([
      "spawn", "death=15", "sh", "-c",
      "trap 'echo told; exit' TERM; echo up; while :; do sleep 0.05; done",
    ])
    #expect(piece.line() == "up")
    kill(piece.pid, SIGKILL)
    #expect(piece.line() == "told")
  }

  @Test func drainitMovesToTheRootAndRemembersWhereItWas() throws {
    let folder = try Folder()
    let lines = try Piece(
      ["spawn", "moved", "pwd"],
      prefix: ["sh", "-c", "cd \(folder.path); exec \"$@\"", "sh"]
    ).lines()
    #expect(lines.contains("was in \(folder.path)"))
    #expect(lines.contains(folder.path))
    let removed = try Piece(
      ["spawn", "moved", "true"],
      prefix: [
        "sh", "-c",
        "mkdir \(folder.path)/x; cd \(folder.path)/x; rmdir \(folder.path)/x; exec \"$@\"",
        "sh",
      ]
    ).lines()
    #expect(removed.contains("was in "))
  }

  @Test func aFullProcessTableIsAnAnswer() throws {
    // As another user: root has no limit.
    try #require(getuid() == 0)
    let lines = try Piece.lines(
      "spawn", "true",
      prefix: ["setpriv", "--reuid=54321", "--clear-groups", "prlimit", "--nproc=1"])
    #expect(lines == ["failed \(EAGAIN)", "code 125"])
  }
}
