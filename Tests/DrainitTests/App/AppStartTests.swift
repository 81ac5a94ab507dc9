import CLinux
import DrainCore
import Foundation
import TestHarness
import Testing

@testable import DrainLinux
@testable import drainit

private func makeApp(_ target: SignalTarget = .app) -> AppProcess {
  let groups = UnsafeMutablePointer<ProgramGroups>.allocate(capacity: 1)
  groups.initialize(to: ProgramGroups())
  return AppProcess(target: target, sparing: UnsafePointer(groups))
}

private func spawn(_ words: [String]) -> Spawn {
  let command = command(words, ["PATH=/usr/bin:/bin"])
  return Spawn(
    arguments: command.argumentPointers, environment: command.environmentPointers,
    mask: SignalSet(), dispositions: Dispositions())
}

private func word(_ outcome: ExecOutcome) -> String {
  switch outcome {
  case .pending: "pending"
  case .executed: "executed"
  case .failed(let failure): "\(failure.exitCode), errno \(failure.reason.number)"
  }
}

@Suite struct AppStartTests {
  @Test func itIsItsProgramAndTheLeaderOfAGroup() throws {
    let found = try aside {
      var app = makeApp()
      let loop = try EventLoop()
      let awaitedBefore = app.awaited
      let pid = try app.start(spawn(["sleep", "1000"]))
      let awaits = [app.awaitsExec]
      let outcome = word(app.awaitExec(loop, within: 20_000))
      let facts = [pid == app.awaited, awaitedBefore == 0, getpgid(pid) == pid]
      let name = ProcessFiles.stat(pid)?.name
      let sent = app.send(.term, to: pid)
      return (awaits + [app.awaitsExec], outcome, facts, name, sent, ending(of: pid))
    }
    #expect(found.0 == [true, false])
    #expect(found.1 == "executed")
    #expect(found.2 == [true, true, true])
    #expect(found.3 == ProgramName(Array("sleep".utf8).span))
    #expect(found.4 == .sent)
    #expect(found.5 == .killed(.term))
  }

  // Another child looks why, in the place of the one that failed.
  @Test(arguments: [
    ("/nothing/there", "127, errno 2", UInt8(127), false), ("nobody", "127, errno 2", 127, true),
    ("/etc/passwd", "126, errno 13", 126, true),
  ])
  func whyItCannotBeIsFoundOutByAnother(
    _ program: String, _ outcome: String, _ code: UInt8, _ knowsMore: Bool
  ) throws {
    let found = try aside {
      var app = makeApp()
      let loop = try EventLoop()
      let first = try app.start(spawn([program]))
      let outcome = app.awaitExec(loop, within: 20_000)
      let second = app.awaited
      let obstacle = outcome.failure?.obstacle != nil
      return (word(outcome), first != second, ending(of: first), ending(of: second), obstacle)
    }
    #expect(found == (outcome, true, .exited(code), .exited(code), knowsMore))
  }

  @Test(.enabled(if: HeldFile.isPossible)) func anExecThatIsHeldIsToldByTheLoop() throws {
    let folder = try Folder()
    let path = try HeldFile.makeProgram(in: folder)
    let found = try aside {
      let file = try HeldFile(path)
      var app = makeApp()
      var loop = try EventLoop()
      var own = OwnDescriptors()
      let pid = try app.start(spawn([path, "1000"]))
      // Again: it is added to the loop once.
      var said = [word(app.awaitExec(loop, within: 10)), word(app.awaitExec(loop))]
      app.insert(into: &own)
      let before = loop.wait(until: Clock.now() + .milliseconds(10))
      try file.letGo()
      let count = loop.wait(until: Clock.now() + .seconds(20))
      said.append(sourceName(loop[0].token))
      said.append(word(app.awaitExec(loop)))
      let after = loop.wait(until: Clock.now() + .milliseconds(10))
      _ = kill(pid, SIGKILL)
      return (said, [before, count, after], own.count, ending(of: pid))
    }
    #expect(found.0 == ["pending", "pending", "start", "executed"])
    #expect(found.1 == [0, 1, 0])
    #expect(found.2 >= 1)
    #expect(found.3 == .killed(.kill))
  }

  @Test func drainitMovesAwayAndRemembersWhence() throws {
    let folder = try Folder()
    let found = try aside(.directory) {
      var app = makeApp()
      _ = chdir(folder.path)
      let path = app.leaveDirectory().map { String(cString: $0) }
      var room = [CChar](repeating: 0, count: 4096)
      let now = getcwd(&room, room.count).map { String(cString: $0) }
      return (path, now)
    }
    #expect(found == (folder.path, "/"))
  }
}

@Suite struct AppSignalTests {
  @Test func withoutAValueItGoesAsAnyOfDrainits() throws {
    let found = try aside {
      let app = try Recipient()
      let received = ReceivedSignal(signal: .usr1, senderPID: 1, value: 9)
      let delivery = makeApp().passOn(received, as: .usr2, to: app.pid)
      return (delivery, app.receipt())
    }
    #expect(found.0 == .sent)
    #expect(found.1 == Receipt(number: SIGUSR2, code: 0, sender: getpid()))
  }

  @Test func aValueGoesWithIt() throws {
    let found = try aside {
      let app = try Recipient()
      let received = ReceivedSignal(
        signal: .rtmin, code: ReceivedSignal.sentByQueue, senderPID: 1, value: 0x1234_5678_9abc)
      _ = makeApp().passOn(received, as: .rtmin, to: app.pid)
      return app.receipt()
    }
    #expect(found == Receipt(number: 34, code: -1, sender: 1, value: 0x1234_5678_9abc))
  }

  @Test(arguments: [false, true]) func aGroupIsReachedAsAWhole(_ hasValue: Bool) throws {
    let found = try aside {
      let app = try Recipient()
      let other = try Recipient(in: app.pid)
      let received = ReceivedSignal(
        signal: .usr1, code: hasValue ? ReceivedSignal.sentByQueue : ReceivedSignal.sentByKill,
        senderPID: 1, value: 7)
      _ = makeApp(.group).passOn(received, as: .usr1, to: app.pid)
      return [app.receipt(), other.receipt()]
    }
    let receipt = Receipt(
      number: SIGUSR1, code: hasValue ? -1 : 0, sender: hasValue ? 1 : getpid(),
      value: hasValue ? 7 : 0)
    #expect(found == [receipt, receipt])
  }

  @Test(.enabled(if: getuid() == 0)) func whatTheKernelWouldRefuseIsToldBeforehand() throws {
    let found = try aside {
      let app = try Stranger()
      let refusal = Delivery.refused(Errno(EPERM))
      let events: [(LogEvent, Delivery)] = [
        (.killing(after: .zero), refusal),
        (.stopping(.quiet, stop: .term, killAfter: nil), refusal),
        // Nothing is sent, or nothing to the app.
        (.stopping(.quiet, stop: .none, killAfter: nil), .nobody), (.unready, .nobody),
        (.reaped(pid: 1, .exited(code: 0)), .nobody),
      ]
      var wrong: [String] = []
      for (event, expected) in events {
        let said = makeApp().refusal(of: event, app.pid)
        if said != expected { wrong.append("\(event): \(said)") }
      }
      // Those that are left may be others', too, who would be reached.
      let leftovers = makeApp().refusal(of: .leftovers(.term), app.pid).refusal?.number
      let nobody = makeApp().refusal(of: .killing(after: .zero), 1 << 22 + 1)
      return (wrong, leftovers, nobody)
    }
    #expect(found.0 == [])
    #expect(found.1 == EPERM)
    #expect(found.2 == .nobody)
  }

  @Test func whoeverIsReachedRefusesNothing() throws {
    let delivery = try aside {
      let app = try Recipient()
      return makeApp().refusal(of: .killing(after: .zero), app.pid)
    }
    #expect(delivery == .sent)
  }
}

/// A child of another user's, made by a thread that afterwards may not signal it (CAP_KILL of capabilities(7)).
private final class Stranger {
  let pid: Int32
  // It ends when nobody is left who could write: whoever made it may not signal it.
  private var lifeline: FileDescriptor?

  init() throws {
    let isReady = try Outlet()
    let line = try DrainLinux.Pipe()
    let (reader, writer) = (line.reader.number, line.writer.number)
    _ = linux_fcntl(reader, F_SETFL, 0)
    pid = Stranger.fork(isReady.end, reader, writer)
    lifeline = consume line.writer
    while isReady.bytes().isEmpty { usleep(1000) }
    // struct __user_cap_header_struct, version 3, and two of __user_cap_data_struct.
    var header: (UInt32, Int32) = (0x2008_0522, 0)
    var sets: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
    let calls: [(Int, Bool)] = [(Int(SYS_capget), false), (Int(SYS_capset), true)]
    for (call, changes) in calls {
      if changes { sets.0 &= ~(1 << 5) }
      let result = withUnsafeMutablePointer(to: &header) { header in
        withUnsafeMutablePointer(to: &sets) {
          linux_syscall(call, Int(bitPattern: header), Int(bitPattern: $0), 0, 0, 0, 0)
        }
      }
      if result != 0 { throw Errno.last }
    }
  }

  deinit {
    lifeline = nil
    _ = waitpid(pid, nil, 0)
  }

  private static func fork(_ number: Int32, _ reader: Int32, _ writer: Int32) -> Int32 {
    let child = linux_fork()
    if child != 0 { return child }
    _ = close(writer)
    _ = linux_syscall(Int(SYS_setresuid), 65_534, 65_534, 65_534, 0, 0, 0)
    var byte: UInt8 = 1
    _ = write(number, &byte, 1)
    while read(reader, &byte, 1) == -1 && errno == EINTR {}
    _exit(0)
  }
}

/// A file whose exec waits until it is let go (fanotify(7)).
private final class HeldFile {
  private let group: Int32

  static var isPossible: Bool {
    let group = Int32(truncatingIfNeeded: linux_syscall(Int(SYS_fanotify_init), 5, 0, 0, 0, 0, 0))
    if group >= 0 { _ = close(group) }
    return group >= 0
  }

  init(_ path: String) throws {
    // FAN_CLASS_CONTENT | FAN_CLOEXEC; FAN_MARK_ADD of FAN_OPEN_EXEC_PERM.
    group = Int32(truncatingIfNeeded: linux_syscall(Int(SYS_fanotify_init), 5, 0, 0, 0, 0, 0))
    let result = path.withCString {
      linux_syscall(
        Int(SYS_fanotify_mark), Int(group), 1, 0x4_0000, Int(AT_FDCWD), Int(bitPattern: $0), 0)
    }
    if result != 0 { throw Errno.last }
  }

  /// A copy of sleep(1) that can be executed: a child of another test's, forked while it was written, may have it
  /// open until its own exec (ETXTBSY).
  static func makeProgram(in folder: Folder) throws -> String {
    let path = folder.path + "/held"
    try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: path)
    let command = command([path, "0"])
    while true {
      var pid: Int32 = 0
      let error = posix_spawn(
        &pid, path, nil, nil, command.argumentPointers, command.environmentPointers)
      if error == 0 {
        _ = ending(of: pid)
        return path
      }
      if error != ETXTBSY { throw Errno(error) }
      usleep(1000)
    }
  }

  /// Allows the exec that waits.
  func letGo() throws {
    // struct fanotify_event_metadata: the file is its fifth part.
    var event = [Int32](repeating: -1, count: 6)
    guard read(group, &event, 24) == 24 else { throw Errno.last }
    var answer: (Int32, UInt32) = (event[4], 1)
    guard write(group, &answer, 8) == 8 else { throw Errno.last }
    _ = close(event[4])
  }

  deinit { _ = close(group) }
}
