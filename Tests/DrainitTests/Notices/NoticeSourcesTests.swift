import CLinux
import DrainCore
import Testing

@testable import DrainLinux
@testable import drainit

// One after another: some set variables of the process.
@Suite(.serialized) struct NoticeSourcesTests {
  private func environment(_ sources: borrowing NoticeSources, _ entries: [String]) -> [String] {
    let vector = sources.environment(command(["drainit"], entries).environmentPointers)
    var found: [String] = []
    while let entry = vector[found.count] { found.append(String(cString: entry)) }
    return found
  }

  @Test func withoutNotifyTheEnvironmentIsTheAppsAsItWas() throws {
    let loop = try EventLoop()
    let sources = try NoticeSources(options(["--", "app"]), nil, loop)
    let socket = sources.socketNumber
    #expect(socket == -1)
    let entries = ["A=1", "NOTIFY_SOCKET=/outer"]
    #expect(environment(sources, entries) == entries)
  }

  @Test func withNotifyTheSocketIsDrainitsOwn() throws {
    let loop = try EventLoop()
    let sources = try NoticeSources(options(["--ready", "notify", "--", "app"]), nil, loop)
    let found = environment(sources, ["A=1", "NOTIFY_SOCKET=/outer", "B=2"])
    #expect(found.prefix(2) == ["A=1", "B=2"])
    #expect(found.count == 3)
    #expect(found.last?.hasPrefix("NOTIFY_SOCKET=@") == true)
  }

  @Test func aNewlineIsReadOnceAndThePipeLetGo() throws {
    let loop = try EventLoop()
    var sources = try NoticeSources(options(["--ready", "fd:3", "--", "app"]), nil, loop)
    let end = sources.openPipe(loop)
    #expect(end >= 0)
    for (text, hasLine) in [("", false), ("al", false), ("ive\n", true)] {
      #expect(write(end, text, text.utf8.count) == text.utf8.count)
      let found = sources.readLine(loop)
      #expect(found == hasLine)
      let isOpen = sources.readerNumber >= 0
      #expect(isOpen == !hasLine)
    }
  }

  @Test func anEndWithoutANewlineIsNone() throws {
    let loop = try EventLoop()
    var sources = try NoticeSources(options(["--ready", "fd:3", "--", "app"]), nil, loop)
    _ = sources.openPipe(loop)
    sources.closeWriter()
    let found = sources.readLine(loop)
    #expect(!found)
    let reader = sources.readerNumber
    #expect(reader == -1)
  }

  /// The name of drainit's socket, as its app has it.
  private func name(_ sources: borrowing NoticeSources) -> String {
    String((environment(sources, []).last ?? "").dropFirst("NOTIFY_SOCKET=".count))
  }

  /// Has variables set while the sources are made.
  private func makeSources(
    _ words: [String], _ variables: [String: String] = [:], earlier: HandOver? = nil,
    _ loop: borrowing EventLoop
  ) throws -> NoticeSources {
    for (name, value) in variables { setenv(name, value, 1) }
    defer { for name in variables.keys { unsetenv(name) } }
    return try NoticeSources(options(words + ["--", "app"]), earlier, loop)
  }

  @Test func messagesAreReadOneByOneAndWhatOthersAreToKnowIsPassedOn() throws {
    var loop = try EventLoop()
    let manager = try Datagrams()
    let outer = "@drainit-manager-\(getpid())"
    try manager.bind(to: outer)
    var sources = try makeSources(["--ready", "notify"], ["NOTIFY_SOCKET": outer], loop)
    let app = try Datagrams()
    let none = sources.next()
    #expect(none == nil)
    for text in ["MAINPID=7\nREADY=1\nSTATUS=well", "RELOADING=1", "STOPPING=1"] {
      #expect(app.send(text, to: name(sources)))
    }
    let count = loop.wait(until: Clock.now() + .seconds(20))
    #expect(count == 1)
    #expect(EventSource(loop[0].token).map { "\($0)" } == "notify")
    let first = sources.next()
    #expect(first?.state == .ready)
    #expect(first?.status == ByteRange(start: 25, end: 29))
    let text = sources.datagram.text
    #expect(text == "MAINPID=7\nREADY=1\nSTATUS=well")
    #expect(manager.receive() == "READY=1\nSTATUS=well\n")
    let second = sources.next()
    #expect(second?.state == .reloading)
    // Nothing of it is anybody else's.
    #expect(manager.receive() == nil)
    let third = sources.next()
    #expect(third?.state == .stopping)
    #expect(manager.receive() == "STOPPING=1\n")
    let last = sources.next()
    #expect(last == nil)
  }

  @Test func withoutNotifyNobodyIsToldAnything() throws {
    let loop = try EventLoop()
    var sources = try makeSources(
      [], ["NOTIFY_SOCKET": "@nobody", "WATCHDOG_USEC": "1000"], loop)
    let message = sources.next()
    #expect(message == nil)
    #expect(sources.watchdogPeriod == .zero)
    var own = OwnDescriptors()
    sources.insert(into: &own)
    #expect(own.count == 0)
  }

  @Test func howOftenTheAppHasToSpeakIsItsEnvironments() throws {
    let loop = try EventLoop()
    for (text, period) in [
      ("2500000", Interval.milliseconds(2_500)), ("", .zero), ("soon", .zero), ("-1", .zero),
    ] {
      let sources = try makeSources(["--ready", "notify"], ["WATCHDOG_USEC": text], loop)
      #expect(sources.watchdogPeriod == period)
    }
    let sources = try makeSources(["--ready", "notify"], [:], loop)
    #expect(sources.watchdogPeriod == .zero)
  }

  @Test func anEarlierLifesSocketAndPipeAreTakenOver() throws {
    var loop = try EventLoop()
    let first = try makeSources(["--ready", "notify"], [:], loop)
    let pipe = try Pipe()
    var earlier = HandOver(pid: getpid())
    earlier.notify = dup(first.socketNumber)
    earlier.notice = dup(pipe.reader.number)
    // A loop of its own: the first one's descriptors are in the other.
    loop = try EventLoop()
    var sources = try makeSources(
      ["--ready", "notify", "--ready", "fd:3"], [:], earlier: earlier, loop)
    #expect(sources.socketNumber == earlier.notify)
    #expect(sources.readerNumber == earlier.notice)
    #expect(name(sources) == name(first))
    for number in [earlier.notify, earlier.notice] {
      #expect(linux_fcntl(number, F_GETFD, 0) == FD_CLOEXEC)
    }
    var own = OwnDescriptors()
    sources.insert(into: &own)
    #expect(own.count == 2)
    _ = write(pipe.writer.number, "\n", 1)
    let app = try Datagrams()
    #expect(app.send("READY=1", to: name(sources)))
    let count = loop.wait(until: Clock.now() + .seconds(20))
    let told = Set((0..<count).map { index in sourceName(loop[index].token) })
    #expect(told == ["notify", "notice"])
    let hasLine = sources.readLine(loop)
    #expect(hasLine)
  }

  @Test(arguments: [["--plain"], []] as [[String]]) func whereNobodyReadsThemTheyAreClosed(
    _ words: [String]
  )
    throws
  {
    let loop = try EventLoop()
    let pipe = try Pipe()
    var earlier = HandOver(pid: getpid())
    earlier.notify = dup(pipe.reader.number)
    earlier.notice = dup(pipe.reader.number)
    if words.isEmpty { for _ in 0..<3 { earlier.lives.comeBack(now: Clock.now()) } }
    let sources = try makeSources(
      words + ["--ready", "notify", "--ready", "fd:3"], [:], earlier: earlier, loop)
    #expect(sources.socketNumber == -1)
    #expect(sources.readerNumber == -1)
    #expect(!SystemCall.isOpen(earlier.notify))
    #expect(!SystemCall.isOpen(earlier.notice))
  }

  @Test func theAppsEndOfThePipeIsAsAnyPrograms() throws {
    let loop = try EventLoop()
    var sources = try makeSources(["--ready", "fd:3"], [:], loop)
    let end = sources.openPipe(loop)
    #expect(linux_fcntl(end, F_GETFL, 0) & O_NONBLOCK == 0)
    #expect(linux_fcntl(sources.readerNumber, F_GETFL, 0) & O_NONBLOCK != 0)
    #expect(linux_fcntl(sources.readerNumber, F_GETFD, 0) == FD_CLOEXEC)
    var own = OwnDescriptors()
    sources.insert(into: &own)
    #expect(own.count == 1)
    sources.closeWriter()
    #expect(!SystemCall.isOpen(end))
  }
}

@Suite(.serialized) struct NoticeDescriptorTests {
  /// What is said of a number, beside so many sockets that the app is handed.
  private func check(_ number: Int32, _ sockets: String? = nil) -> String {
    if let sockets { setenv("LISTEN_FDS", sockets, 1) } else { unsetenv("LISTEN_FDS") }
    defer { unsetenv("LISTEN_FDS") }
    do {
      try NoticeDescriptor.check(number)
      return "well"
    } catch {
      var text = ByteBuffer(capacity: 200)
      text.append(error)
      return text.text
    }
  }

  @Test func noneIsAlwaysWell() {
    #expect(check(-1, "1000000") == "well")
  }

  @Test func whatIsBeyondTheLimitIsRefused() {
    let limit = linux_open_files_limit()
    #expect(check(Int32(limit) - 1) == "well")
    #expect(check(Int32(limit)) == "fd:\(limit): beyond the limit of open files, \(limit)")
  }

  // The sockets are 3 and those behind it.
  @Test func whereTheAppIsHandedASocketItIsRefused() throws {
    let outlet = try Outlet()
    let number = outlet.end
    #expect(
      check(number, "\(number - 3 + 1)")
        == "fd:\(number): the app is handed a socket there (LISTEN_FDS): take a number above those")
    for sockets in ["\(number - 3)", "0", "", "some"] { #expect(check(number, sockets) == "well") }
    #expect(check(number) == "well")
    // Somebody's variable, and no socket.
    #expect(check(Int32(linux_open_files_limit()) - 1, "10000000") == "well")
  }
}
