import CLinux
import Foundation

@testable import DrainLinux

/// A run of the `Pieces` program: one scenario in a process of its own.
///
/// By posix_spawn(3), which starts it with no signal blocked or ignored and with no descriptor but
/// three: the test process itself has both, as its threads come and go.
final class Piece {
  let pid: Int32
  private let output: Int32
  private var pending: [UInt8] = []
  private var status: Int32 = 0
  private var hasEnded = false

  /// Starts it. `prefix` is a command that ends in executing it (`sh -c 'exec "$@"' sh`).
  convenience init(
    _ words: [String], prefix: [String] = [], environment: [String: String] = [:]
  ) throws {
    try self.init(command: prefix + [Piece.program] + words, environment: environment)
  }

  /// Starts any program, found by its environment's PATH.
  init(command: [String], environment: [String: String] = [:]) throws {
    var ends: [Int32] = [0, 0]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Errno.last }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // The outermost program closes the descriptors that the test process has.
    let command = [Piece.program, "clean"] + command
    let all = [
      "PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": Piece.libraries,
      "SWIFT_BACKTRACE": "enable=no",
    ].merging(environment) { $1 }
    var arguments = command.map { strdup($0) } + [nil]
    var variables = all.map { strdup("\($0)=\($1)") } + [nil]
    defer {
      for word in arguments + variables { free(word) }
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      close(ends[1])
    }
    var pid: Int32 = 0
    let error = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, &variables)
    guard error == 0 else { throw Errno(error) }
    self.pid = pid
    output = ends[0]
  }

  deinit {
    if !hasEnded { kill(pid, SIGKILL) }
    _ = end()
    close(output)
  }

  /// The next line, or nil at the end, or where none comes in half a minute.
  func line() -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end + 1)
        return text
      }
      var more = [UInt8](repeating: 0, count: 4096)
      var wait = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      if poll(&wait, 1, 30_000) == 0 { return nil }
      let length = read(output, &more, more.count)
      if length <= 0 { return nil }
      pending += more[..<length]
    }
  }

  /// All lines until the end.
  func lines() -> [String] {
    var all: [String] = []
    while let text = line() { all.append(text) }
    return all
  }

  /// Waits for its end: the code, or the signal's number with a minus.
  func end() -> Int32 {
    while !hasEnded { hasEnded = waitpid(pid, &status, 0) == pid }
    return linux_exited(status) != 0 ? linux_exit_code(status) : -linux_term_signal(status)
  }

  /// Runs it to its end and returns its lines.
  static func lines(
    _ words: String..., prefix: [String] = [], environment: [String: String] = [:]
  ) throws -> [String] {
    var lines: [String] = []
    for _ in 0..<20 {
      lines = try Piece(words, prefix: prefix, environment: environment).lines()
      // ETXTBSY: another test's child was forked while the file was being written, and holds it open
      // until its exec.
      if lines.first != "failed 26" { break }
    }
    return lines
  }

  /// Beside the test runner; or `$PIECES_PROGRAM`, a build as it ships.
  static let program: String = {
    if let given = ProcessInfo.processInfo.environment["PIECES_PROGRAM"] { return given }
    let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return runner.deletingLastPathComponent().appendingPathComponent("Pieces").path
  }()

  /// The folder of the runtime's libraries, wherever this process has them from.
  static let libraries: String = {
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

/// A folder of its own for a test, removed with the value.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "drainit-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult func file(_ name: String, _ text: String, mode: Int = 0o755) throws -> String {
    let file = path + "/" + name
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }
}
