import CLinux
import DrainCore
import TestHarness

@testable import DrainLinux
@testable import drainit

/// drainit as it is beside the test runner, in a process of its own, with an output and an error output.
final class Program {
  let pid: Int32
  let output: Outlet
  let errors: Outlet
  private var code: Int32?

  init(_ words: [String]) throws {
    output = try Outlet()
    errors = try Outlet()
    pid = try BuiltProgram.start(
      BuiltProgram.path("drainit"), words, environment: BuiltProgram.environment,
      output: output.end, errors: errors.end)
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
}
