import CLinux
import DrainCore
import Testing

@testable import DrainLinux

/// The loop as a whole: drainit in a process of its own.
@Suite struct LoopTests {
  private static let app = """
    import os, signal
    for number in range(40, 64):
        signal.signal(number, lambda number, frame: os.write(1, b"%d\\n" % number))
    os.write(1, b"ready\\n")
    while True:
        signal.pause()
    """

  // More than a few turns take, while drainit is stopped: nothing else happens that would wake it up.
  @Test func signalsThatCameAtOnceAreAllPassedOn() throws {
    let program = try Program([
      "--listen", "off", "--ready", "none", "--", "python3", "-c", LoopTests.app,
    ])
    #expect(program.outputLines(1) == ["ready"])
    // Until it rests.
    usleep(500_000)
    kill(program.pid, SIGSTOP)
    let numbers = Array(Int32(40)...63)
    for number in numbers { kill(program.pid, number) }
    kill(program.pid, SIGCONT)
    let found = program.outputLines(1 + numbers.count).dropFirst()
    #expect(found.sorted() == numbers.map { "\($0)" })
  }
}
