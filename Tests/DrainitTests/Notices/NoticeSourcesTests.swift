import CLinux
import DrainCore
import Testing

@testable import DrainLinux
@testable import drainit

@Suite struct NoticeSourcesTests {
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
}
