import Foundation
import TestHarness
import Testing

@Suite struct ChildRunTests {
  @Test func itsEndIsTold() throws {
    #expect(try Piece.lines("run", "silent", "60000", "/", "sh", "-c", "exit 4") == ["exited 4"])
    #expect(try Piece.lines("run", "silent", "60000", "/", "/nonexistent") == ["exited 127"])
    #expect(try Piece.lines("run", "silent", "60000", "/", "/etc/passwd") == ["exited 126"])
  }

  @Test func itsOutputGoesNowhereOrToTheErrorOutput() throws {
    let merged = ["sh", "-c", "exec \"$@\" 2>&1", "sh"]
    let program = "echo out; echo error >&2; cat; pwd"
    #expect(
      try Piece.lines("run", "silent", "60000", "/usr", "sh", "-c", program, prefix: merged)
        == ["exited 0"])
    #expect(
      try Piece.lines("run", "error", "60000", "/usr", "sh", "-c", program, prefix: merged)
        == ["out", "error", "/usr", "exited 0"])
  }

  @Test func aDirectoryThatIsGoneIsTheRoot() throws {
    let merged = ["sh", "-c", "exec \"$@\" 2>&1", "sh"]
    #expect(
      try Piece.lines("run", "error", "60000", "/nonexistent", "pwd", prefix: merged)
        == ["/", "exited 0"])
  }

  @Test func itHasNoneOfOurDescriptors() throws {
    let merged = ["sh", "-c", "exec \"$@\" 2>&1", "sh"]
    // 3 is what the shell lists the folder through.
    let script = "for f in /proc/$$/fd/*; do echo ${f##*/}; done"
    #expect(
      try Piece.lines("run", "error", "60000", "/", "sh", "-c", script, prefix: merged)
        == ["0", "1", "2", "3", "exited 0"])
  }

  // The program and what it started in the background, which ignores what it can.
  @Test func whatHangsIsKilledAsAGroup() throws {
    let script = "trap '' TERM INT HUP; (sleep 1000) & (trap '' TERM; sleep 1000) & wait"
    #expect(try Piece.lines("run", "silent", "100", "/", "sh", "-c", script) == ["killed 9"])
  }

  @Test func itDiesWithDrainit() throws {
    let piece = try Piece(
      ["run", "error", "60000", "/", "sh", "-c", "echo up; exec sleep 1000"],
      prefix: ["sh", "-c", "exec \"$@\" 2>&1", "sh"])
    #expect(piece.line() == "up")
    kill(piece.pid, SIGKILL)
    // The end of the output: nobody holds it open any more.
    #expect(piece.line() == nil)
  }
}

@Suite struct NameResolutionTests {
  private static let loopback = Int32(0x7f00_0001)

  @Test func aNameOfTheHostsFileIsResolved() throws {
    let lines = try Piece.lines("resolve", "localhost", "60000")
    #expect(lines.contains("address \(Self.loopback)") || lines.contains("address 1"))
    #expect(lines.last == "reaped 1")
  }

  @Test func anAddressIsItsOwnAnswer() throws {
    #expect(
      try Piece.lines("resolve", "127.0.0.1", "60000") == [
        "address \(Self.loopback)", "addresses 1", "reaped 1",
      ])
    #expect(
      try Piece.lines("resolve", "::1", "60000") == ["address 1", "addresses 1", "reaped 1"])
  }

  @Test func aNameThatIsNoneHasNoAddress() throws {
    #expect(try Piece.lines("resolve", "no name", "60000") == ["addresses 0", "reaped 1"])
  }

  // A resolver that never answers: a socket that nobody reads.
  @Test func aDeadResolverIsGivenUp() throws {
    try #require(getuid() == 0)
    let folder = try Folder()
    let file = try folder.file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:30\n")
    let hosts = try folder.file("nsswitch.conf", "hosts: dns\n")
    let script = """
      ip link set lo up
      mount --bind \(file) "$(readlink -f /etc/resolv.conf)"
      mount --bind \(hosts) /etc/nsswitch.conf
      python3 -c 'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.bind(("127.0.0.1", 53)); print("bound", flush=True); time.sleep(60)' > \(folder.path)/up 3>&- &
      while ! grep -q bound \(folder.path)/up; do sleep 0.01; done
      exec 3>&-; "$@"; kill $!
      """
    let lines = try Piece.lines(
      "resolve", "name.example.", "200",
      prefix: ["unshare", "-m", "-n", "sh", "-c", script, "sh"])
    #expect(lines == ["cancelled 0", "addresses 0", "reaped 1"])
  }
}

@Suite struct ParentDeathTests {
  @Test func drainitIsToldOfItsParentsEnd() throws {
    let piece = try Piece(
      command: [
        "sh", "-c", "\"$@\" & while :; do sleep 0.05; done", "sh", Piece.program, "parent", "12",
      ])
    #expect(piece.line() == "asked 1")
    kill(piece.pid, SIGKILL)
    #expect(piece.line() == "got 12")
  }
}
