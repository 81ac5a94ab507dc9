import CLinux
import Foundation
import TestHarness

@testable import DrainLinux

/// A run of the `Pieces` program: one scenario in a process of its own, which has three descriptors.
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
    defer { close(ends[1]) }
    output = ends[0]
    // The outermost program closes the descriptors that the test process has.
    pid = try BuiltProgram.start(
      Piece.program, ["clean"] + command,
      environment: BuiltProgram.environment.merging(environment) { $1 }, output: ends[1])
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
  static let program =
    ProcessInfo.processInfo.environment["PIECES_PROGRAM"] ?? BuiltProgram.path("Pieces")
}
