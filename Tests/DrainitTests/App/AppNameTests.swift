import CLinux
import DrainCore
import Foundation
import TestHarness
import Testing

@testable import DrainLinux
@testable import drainit

@Suite struct AppNameTests {
  // Above any pid that the kernel gives.
  private let nobody: Int32 = 1 << 22 + 1

  @Test func itIsThatOfTheProcessAndNewOnlyOnce() {
    var name = AppName()
    var isNew = name.look(at: getpid())
    #expect(isNew)
    #expect(name.value == ProcessFiles.stat(getpid())?.name)
    #expect(name.value.count > 0)
    isNew = name.look(at: getpid())
    #expect(!isNew)
  }

  @Test(arguments: [
    ("nginx", KnownProgram.nginx), ("php-fpm8.2", .phpFPM), ("haproxy", .haproxy),
    ("lighttpd", .lighttpd), ("unicorn", .unicorn), ("gunicorn", .other), ("uwsgi", .other),
    ("fifteen-letters", .other), ("postgres-and-more", .other),
  ])
  func anEntrypointThatHasBecomeItsProgramIsKnownByIt(called: String, program: KnownProgram) throws
  {
    let script = try Script(becoming: called)
    var name = AppName()
    var isNew = name.look(at: script.pid)
    #expect(isNew)
    #expect(text(name.value) == "sh")
    #expect(name.program == .other)
    isNew = name.look(at: script.pid)
    #expect(!isNew)
    try script.become()
    isNew = name.look(at: script.pid)
    #expect(isNew)
    #expect(text(name.value) == String(called.prefix(15)))
    #expect(name.program == program)
  }

  @Test func aProcessThatIsGoneHasNone() {
    var name = AppName()
    let isNew = name.look(at: nobody)
    #expect(!isNew)
    #expect(name.value.count == 0)
  }

  @Test func oneThatHasEndedHasLostIts() throws {
    var name = AppName()
    let script = try Script(becoming: "haproxy")
    try script.become()
    _ = name.look(at: script.pid)
    #expect(name.program == .haproxy)
    script.end()
    let isNew = name.look(at: script.pid)
    #expect(isNew)
    #expect(name.value.count == 0)
    #expect(name.program == .other)
  }

  private func text(_ name: ProgramName) -> String {
    let bytes = name.bytes
    return String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
  }
}

/// A shell that becomes another program when it is told to.
private final class Script {
  private let process = Process()
  private let input = Foundation.Pipe()
  private let folder: Folder

  var pid: Int32 { process.processIdentifier }

  init(becoming name: String) throws {
    folder = try Folder()
    let program = folder.path + "/" + name
    try FileManager.default.createSymbolicLink(
      atPath: program, withDestinationPath: "/usr/bin/sleep")
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "read word; exec \"$0\" 60", program]
    process.standardInput = input
    try process.run()
    try wait { $0 == "sh" }
  }

  deinit { end() }

  func become() throws {
    input.fileHandleForWriting.write(Data("now\n".utf8))
    try wait { $0 != "sh" }
  }

  func end() {
    // The test process may have blocked the others.
    kill(pid, SIGKILL)
    process.waitUntilExit()
  }

  private func wait(until isSo: (String) -> Bool) throws {
    for _ in 0..<3_000 {
      let text = try String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
      if isSo(text.trimmingCharacters(in: .newlines)) { return }
      usleep(10_000)
    }
    throw Errno(ETIMEDOUT)
  }
}
