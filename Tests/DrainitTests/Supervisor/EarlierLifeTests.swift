import CLinux
import DrainCore
import Testing

@testable import DrainLinux
@testable import drainit

/// What is found of an earlier life in the environment.
@Suite(.serialized) struct EarlierLifeTests {
  /// The two variables as the handler of a fault leaves them.
  private func variables(
    _ handOver: HandOver, failures: Int = 0, by signal: Int32 = SIGSEGV, directory: String = ""
  ) -> [String] {
    var text = ByteBuffer(capacity: HandOver.textSize)
    handOver.append(to: &text)
    let marks = "\(failures)" + String(UnicodeScalar(UInt8(signal + 48)))
    return ["A=1", "drainit-life=\(marks)\(text.text)", "drainit-directory=\(directory)"]
  }

  private func life(_ variables: [String]) -> (life: EarlierLife?, left: Int) {
    let command = command(["drainit"], variables)
    let life = EarlierLife(command.argumentPointers, command.environmentPointers)
    // A fault of the tests' own is none of drainit's.
    SecondLife.withdraw()
    var left = 0
    while command.environmentPointers[left] != nil { left += 1 }
    return (life, left)
  }

  private func isNone(_ variables: [String]) -> Bool {
    if case .none = life(variables).life { true } else { false }
  }

  @Test func whatItLeftIsFoundAndNoChildIsGivenIt() throws {
    var handOver = HandOver(pid: getpid())
    handOver.traceBytes = 77
    let found = life(variables(handOver, directory: "/srv"))
    let life = try #require(found.life)
    #expect(found.left == 1)
    #expect(life.handOver.traceBytes == 77)
    #expect(life.signal == .segv)
    #expect(life.handOver.lives.count == 1)
    #expect(life.startDirectory.map { String(cString: $0) } == "/srv")
  }

  @Test func livesThatNeverBeganAreCounted() throws {
    var handOver = HandOver(pid: getpid())
    handOver.lives.comeBack(now: Clock.now())
    let life = try #require(life(variables(handOver, failures: 2, by: 0)).life)
    #expect(life.handOver.lives.count == 4)
    #expect(life.handOver.lives.isBare)
    #expect(life.signal == Signal.none)
    // The app was not started yet: drainit itself is still there.
    #expect(life.startDirectory == nil)
  }

  @Test func whatSomebodyElseHasWrittenIsNone() {
    #expect(isNone([]))
    #expect(isNone(["A=1", "B=2"]))
    // Another process's, or one that was torn.
    #expect(isNone(variables(HandOver(pid: getpid() + 1))))
    var torn = variables(HandOver(pid: getpid()))
    torn[1].removeLast()
    #expect(isNone(torn))
    // Not at the end.
    #expect(isNone(variables(HandOver(pid: getpid())) + ["B=2"]))
  }
}
