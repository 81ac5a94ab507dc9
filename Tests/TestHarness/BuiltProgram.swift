import CLinux
import DrainLinux
import Foundation

/// The programs that are built beside the test runner.
public enum BuiltProgram {
  /// Where the program of this name is.
  public static func path(_ name: String) -> String {
    let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return runner.deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// What a program with Swift's runtime needs, and a fault's report, which a test would take for the program's words,
  /// turned off.
  public static let environment = [
    "PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": libraries, "SWIFT_BACKTRACE": "enable=no",
  ]

  /// Starts a program as a container begins: no signal is blocked or ignored, and its input is empty.
  ///
  /// By posix_spawn(3), since the test process itself has both, as its threads come and go.
  ///
  /// - Parameter errors: its error output; nil for the test's own.
  /// - Returns: its process number.
  public static func start(
    _ path: String, _ arguments: [String], environment: [String: String], output: Int32,
    errors: Int32? = nil
  ) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    if let errors { posix_spawn_file_actions_adddup2(&actions, errors, 2) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer {
      for word in words + variables { free(word) }
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    var pid: Int32 = 0
    let error = posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
    guard error == 0 else { throw Errno(error) }
    return pid
  }

  /// The folder of the runtime's libraries, wherever this process has them from.
  private static let libraries: String = {
    // A file in /proc has no size that a reader could go by.
    let maps = FileHandle(forReadingAtPath: "/proc/self/maps")?.readDataToEndOfFile() ?? Data()
    for line in String(decoding: maps, as: UTF8.self).split(separator: "\n")
    where line.hasSuffix("/libswiftCore.so") {
      guard let start = line.firstIndex(of: "/") else { continue }
      return String(line[start...].dropLast("/libswiftCore.so".count))
    }
    return ""
  }()
}
