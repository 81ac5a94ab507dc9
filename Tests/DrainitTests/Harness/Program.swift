import CLinux
import DrainCore
import Foundation

@testable import DrainLinux
@testable import drainit

/// drainit as it is beside the test runner, in a process of its own, with an output and an error output.
final class Program {
  let pid: Int32
  let output: Outlet
  let errors: Outlet
  private var code: Int32?

  init(_ words: [String], _ environment: [String] = []) throws {
    output = try Outlet()
    errors = try Outlet()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.end, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.end, 2)
    // As a container begins: no signal is blocked or ignored.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    let all = [
      "PATH=/usr/bin:/bin", "LD_LIBRARY_PATH=" + Program.libraries, "SWIFT_BACKTRACE=enable=no",
    ]
    let command = command([Program.path] + words, all + environment)
    var pid: Int32 = 0
    let error = posix_spawn(
      &pid, Program.path, &actions, &attributes, command.argumentPointers,
      command.environmentPointers)
    guard error == 0 else { throw Errno(error) }
    self.pid = pid
  }

  /// Waits for its end: the code, or the signal's number with a minus; nil where it does not end within 20 s.
  func end() -> Int32? {
    if code == nil {
      switch ending(of: pid) {
      case .exited(let code): self.code = Int32(code)
      case .killed(let signal): code = -signal.number
      default: break
      }
    }
    return code
  }

  /// Waits until it has written these lines to its output; those that it has.
  func outputLines(_ wanted: Int) -> [String] {
    let end = Clock.now() + .seconds(20)
    while true {
      text += output.text()
      let found = text.split(separator: "\n").map(String.init)
      if found.count >= wanted || Clock.now() > end { return found }
      usleep(1000)
    }
  }

  private var text = ""

  deinit {
    if code == nil {
      kill(pid, SIGKILL)
      _ = end()
    }
  }

  private static let path: String = {
    let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return runner.deletingLastPathComponent().appendingPathComponent("drainit").path
  }()

  /// The folder of the runtime's libraries, wherever this process has them from.
  private static let libraries: String = {
    let maps = FileHandle(forReadingAtPath: "/proc/self/maps")?.readDataToEndOfFile() ?? Data()
    for line in String(decoding: maps, as: UTF8.self).split(separator: "\n")
    where line.hasSuffix("/libswiftCore.so") {
      guard let start = line.firstIndex(of: "/") else { continue }
      return String(line[start...].dropLast("/libswiftCore.so".count))
    }
    return ""
  }()
}
