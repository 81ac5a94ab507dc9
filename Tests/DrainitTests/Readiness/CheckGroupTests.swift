import CLinux
import DrainCore
import Foundation
import TestHarness
import Testing

@testable import DrainLinux
@testable import drainit

/// Checks that need a child: programs, files that are not at hand, and names.
@Suite struct CheckChildrenTests {
  /// Runs it aside, with an error output of its own, and gives what was written there until nobody can any more.
  private func withErrorOutput<Answer>(_ body: @escaping () throws -> Answer) throws -> (
    answer: Answer, written: String?
  ) {
    try aside(.descriptors) {
      let outlet = try Outlet()
      let before = dup(2)
      _ = dup2(outlet.end, 2)
      let answer = try body()
      _ = dup2(before, 2)
      return (answer, outlet.rest())
    }
  }

  @Test(arguments: [
    ("true", CheckOutcome.holds), ("false", .fails(.exited(1))),
    ("sh -c 'kill -TERM $$'", .fails(.killed(.term))), ("/nothing/there", .fails(.exited(127))),
    ("/etc/passwd", .fails(.exited(126))),
  ])
  func aProgramsEndIsItsOutcome(_ program: String, _ outcome: CheckOutcome) throws {
    let found = try withErrorOutput {
      let bench = try GroupBench(["--live", "exec:" + program])
      let outcome = bench.ask()
      return (outcome, bench.children.count, bench.world.programs.pointee.isEmpty)
    }
    #expect(found.answer == (outcome, 1, true))
  }

  @Test func onlyTheFirstRunSaysWhyAProgramCannotBeExecuted() throws {
    let found = try withErrorOutput {
      let bench = try GroupBench(["--live", "exec:/nothing/there", "--ready-every", "10ms"])
      return [bench.ask(), bench.ask(after: .seconds(5))]
    }
    #expect(found.answer == [.fails(.exited(127)), .fails(.exited(127))])
    #expect(
      found.written == "drainit: /nothing/there cannot be started: no such file or directory\n")
  }

  @Test(arguments: [
    (["--live", "exec:echo said"], CheckRole.live, ""),
    (["-v", "--live", "exec:echo said"], .live, "said\n"),
    (["--on-exit", "echo said"], .exitHook, "said\n"),
  ])
  func theOutputOfHooksIsShownAndOfChecksWhereItWasAskedFor(
    _ words: [String], _ role: CheckRole, _ shown: String
  ) throws {
    let found = try withErrorOutput { try GroupBench(words, role).ask() }
    #expect(found.answer == .holds)
    #expect(found.written == shown)
  }

  // What is left behind has the error output open, too: its end is theirs.
  @Test(arguments: [
    ("sh -c 'echo begun >&2; sleep 1000 & wait'", CheckOutcome.fails(.timedOut)),
    ("sh -c 'echo begun >&2; sleep 1000 &'", .holds),
  ])
  func allThatAProgramHasStartedEndsWithIt(_ program: String, _ outcome: CheckOutcome) throws {
    let found = try withErrorOutput {
      let bench = try GroupBench(["-v", "--live", "exec:" + program, "--check-timeout", "1s"])
      let outcome = bench.ask()
      let runs = !bench.world.programs.pointee.isEmpty
      return (outcome, runs, bench.group.pointee.nextDeadline == .never)
    }
    #expect(found.answer == (outcome, false, true))
    #expect(found.written == "begun\n")
  }

  @Test func aStopIsNoEnd() throws {
    let outcomes = try aside {
      let bench = try GroupBench(["--live", "exec:sleep 1000", "--check-timeout", "60s"])
      bench.tell(.asked)
      let child = bench.children[0]
      _ = kill(child, SIGSTOP)
      for _ in 0..<50 { bench.turn() }
      let meanwhile = bench.outcome(of: 0)
      _ = kill(child, SIGKILL)
      bench.run { bench.answers > 0 }
      return [meanwhile, bench.outcome(of: 0)]
    }
    #expect(outcomes == [.neverRan, .fails(.killed(.kill))])
  }

  @Test(arguments: [
    ("file:there", CheckOutcome.holds), ("file:gone", .fails(.missing)),
    ("absent:there", .fails(.present)), ("absent:gone", .holds),
    ("file:there/below", .fails(.missing)),
  ])
  func aRelativeNameBeginsWhereDrainitWasStarted(_ check: String, _ outcome: CheckOutcome) throws {
    let folder = try Folder()
    try folder.file("there")
    let found = try aside {
      let bench = try GroupBench(["--live", check], in: folder)
      return (bench.ask(), bench.children.count)
    }
    #expect(found == (outcome, 1))
  }

  @Test func aSocketIsConnectedTo() throws {
    let folder = try Folder()
    let name = "@drainit-\(getpid())-\(Clock.now().nanoseconds)"
    let listeners = [
      try LocalListener(folder.path + "/listens"), try LocalListener(name),
      try LocalListener(folder.path + "/bound", listens: false),
    ]
    for (path, outcome) in [
      (folder.path + "/listens", CheckOutcome.holds), (name, .holds),
      (folder.path + "/bound", .fails(.refused)), (folder.path + "/gone", .fails(.missing)),
      (name + "-gone", .fails(.refused)),
    ] {
      #expect(try aside { try GroupBench(["--live", "unix:" + path]).ask() } == outcome)
    }
    _ = listeners
  }

  @Test func onlyAFileThatIsASocketIsOneOfTheApps() throws {
    let folder = try Folder()
    let listener = try LocalListener(folder.path + "/socket")
    let file = try folder.file("file")
    for (check, waits) in [
      ("file:" + folder.path + "/socket", true), ("file:" + file, false),
      ("absent:" + folder.path + "/socket", false), ("file:" + folder.path + "/gone", false),
    ] {
      let bench = try GroupBench(["--live", check])
      let found = bench.group.pointee.waitsForSocket()
      #expect(found == waits)
    }
    _ = listener
  }

  @Test(.enabled(if: getuid() == 0)) func aNameIsResolvedInAChild() throws {
    let listener = try Listener()
    let folder = try Folder()
    let file = try folder.file("hosts", "127.0.0.1 somewhere\n")
    let found = try aside(.mounts) {
      try cover("/etc/hosts", with: file)
      let bench = try GroupBench([
        "--live", "tcp:somewhere:\(listener.port)", "--check-timeout", "10s",
      ])
      let outcome = bench.ask()
      return (outcome, bench.children.count, bench.world.programs.pointee.isEmpty)
    }
    #expect(found == (.holds, 1, true))
  }

  // There is no way to any name server.
  @Test(.enabled(if: getuid() == 0)) func aNameThatNobodyKnowsHasNoAddress() throws {
    let folder = try Folder()
    let file = try folder.file("resolv.conf", "nameserver 192.0.2.1\n")
    let found = try aside([.mounts, .network]) {
      try cover("/etc/resolv.conf", with: file)
      let bench = try GroupBench([
        "--live", "tcp:no-such-name.invalid:80", "--check-timeout", "10s",
      ])
      return (bench.ask(), bench.children.count, bench.world.programs.pointee.isEmpty)
    }
    #expect(found == (.fails(.noAddress), 1, true))
  }

  // Nobody will ever write into it.
  @Test(.enabled(if: getuid() == 0)) func aResolverThatHangsIsGivenUp() throws {
    let folder = try Folder()
    let fifo = folder.path + "/fifo"
    #expect(mkfifo(fifo, 0o600) == 0)
    let found = try aside(.mounts) {
      try cover("/etc/hosts", with: fifo)
      let bench = try GroupBench(["--live", "tcp:somewhere:80", "--check-timeout", "100ms"])
      bench.tell(.asked)
      let during = bench.ownDescriptors
      bench.run { bench.answers > 0 }
      let end = bench.children.first.flatMap { ending(of: $0) }
      return (
        bench.outcome(of: 0), during, bench.ownDescriptors, end,
        bench.world.programs.pointee.isEmpty
      )
    }
    #expect(found.0 == .fails(.timedOut))
    #expect(found.1 == 1)
    #expect(found.2 == 0)
    #expect(found.3 == .killed(.kill))
    #expect(found.4)
  }

  /// Mounts a file over another, which this thread and its children alone see.
  private func cover(_ path: String, with file: String) throws {
    guard mount("none", "/", nil, 0x4000 | 0x4_0000, nil) == 0,
      mount(file, path, nil, 4096, nil) == 0
    else { throw Errno(linux_errno()) }
  }
}

@Suite struct CheckGroupTests {
  @Test func aGateOpensOnceAndGoesOnAskingWhenItIsAsked() throws {
    let app = try Listener()
    let bench = try GroupBench(
      ["--ready", "tcp:127.0.0.1:\(app.port)", "--ready-every", "10ms"], .ready)
    #expect(bench.run { bench.opened > 0 })
    app.stopListening()
    #expect(bench.ask(after: .seconds(1)) == .fails(.refused))
    #expect(!bench.allHold)
    #expect(bench.opened == 1)
  }

  @Test func whatTheAppHasSaidHolds() throws {
    let bench = try GroupBench(["--live", "notify", "--live", "fd:3"])
    _ = bench.ask()
    #expect(bench.outcome(of: 0) == .fails(.notSaid))
    #expect(bench.outcome(of: 1) == .fails(.notSaid))
    bench.world.notices.isReady = true
    _ = bench.ask(after: .seconds(1))
    #expect(bench.outcome(of: 0) == .holds)
    #expect(bench.outcome(of: 1) == .fails(.notSaid))
    bench.world.notices.hasWritten = true
    _ = bench.ask(after: .seconds(2))
    #expect(bench.allHold)
  }

  @Test func earlierMemoryIsTheGatesAlone() throws {
    var memory = GateMemory()
    memory.isOpen = true
    let options = try options(["--ready", "none", "--start-after", "none", "--", "app"])
    let ready = CheckGroup(options.ready, options, .ready, memory: memory)
    let startAfter = CheckGroup(options.startAfter, options, .startAfter, memory: memory)
    let live = CheckGroup([], options, .live, memory: GateMemory())
    let areOpen = [ready.gate.isOpen, startAfter.gate.isOpen, live.gate.isOpen]
    #expect(areOpen == [true, false, true])
  }
}

/// What an app is told that waits in vain for a TCP listener.
@Suite struct ListeningTests {
  // None that the kernel would give to another test.
  private let port = 20_000 + UInt16(getpid() % 10_000)

  private func datagramSocket() throws -> FileDescriptor {
    let number = socket(AF_INET, linux_SOCK_DGRAM | linux_SOCK_CLOEXEC, 0)
    guard let opened = FileDescriptor(owning: number) else { throw Errno.last }
    try SystemCall.bind(opened.number, to: SocketAddress(.v4(0), port: port))
    return opened
  }

  @Test func whatElseItHasIsLookedForEveryFiveSeconds() throws {
    let nothing = CheckOutcome.fails(.listensElsewhere(.none))
    let datagrams = CheckOutcome.fails(.listensElsewhere(.datagrams(port: port)))
    let port = port
    // Its sockets are gone when it closes them: no child of another test's holds them until its exec.
    let found = try aside(.descriptors) {
      var given = PortSet()
      given.insert(port)
      let command = command([])
      var world = CheckWorld(
        ports: AppPorts(given: given),
        settings: ChildSettings(
          environment: command.environmentPointers, mask: SignalSet(),
          dispositions: Dispositions()))
      let start = Clock.now()
      func ask(_ milliseconds: Int64, isOpen: Bool = false) -> CheckOutcome {
        world.listening(start + .milliseconds(milliseconds), isOpen: isOpen)
      }
      var told = [world.takeElsewhere()]
      var found = [ask(0)]
      var socket: FileDescriptor? = try datagramSocket()
      found += [ask(4_999)]
      told.append(world.takeElsewhere())
      found += [ask(5_000)]
      told += [world.takeElsewhere(), world.takeElsewhere()]
      _ = socket.take()
      found += [ask(9_999), ask(10_000)]
      // One that listens has nothing to be told, and begins anew.
      var listener: FileDescriptor? = try ListeningSocket.open(address: .v4(0), port: port)
      found += [ask(10_001), ask(10_002, isOpen: true)]
      _ = listener.take()
      socket = try datagramSocket()
      found += [ask(11_000, isOpen: true), ask(12_000), ask(16_999), ask(17_000)]
      _ = socket.take()
      told.append(world.takeElsewhere())
      return (found, told)
    }
    // Once, as soon as it is known.
    #expect(found.1 == [nil, nil, .datagrams(port: port), nil, nil])
    #expect(
      found.0 == [
        nothing, nothing, datagrams, datagrams, nothing, .holds, .holds, .fails(.notListening),
        nothing, nothing, datagrams,
      ])
  }
}
