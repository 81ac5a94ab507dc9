import CLinux
import DrainCore
import Testing

@testable import DrainLinux
@testable import drainit

@Suite struct AppProcessTests {
  // Above any pid that the kernel gives.
  private let nobody: Int32 = 1 << 22 + 1
  private let spared: UnsafePointer<ProgramGroups>

  init() {
    let groups = UnsafeMutablePointer<ProgramGroups>.allocate(capacity: 1)
    groups.initialize(to: ProgramGroups())
    spared = UnsafePointer(groups)
  }

  @Test func aProcessThatIsGoneCannotBeSignalled() {
    let app = AppProcess(target: .app, sparing: spared)
    let delivery = app.send(.usr1, to: nobody)
    #expect(delivery == .nobody)
  }

  @Test func theFileOfTheNameIsItsOwnDescriptor() {
    var app = AppProcess(target: .app, sparing: spared)
    _ = app.name.look(at: getpid())
    var own = OwnDescriptors()
    app.insert(into: &own)
    var none = OwnDescriptors()
    none.insert(-1)
    #expect(own.count == none.count + 1)
  }

  @Test func withoutAShellsTerminalNobodysJobStops() {
    var app = AppProcess(target: .app, sparing: spared)
    let stopped = app.stopAsJob(by: .tstp, nobody)
    #expect(!stopped)
  }
}
