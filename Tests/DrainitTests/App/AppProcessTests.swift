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

  @Test func theNameIsThatOfTheProcess() {
    var app = AppProcess(target: .app, sparing: spared)
    let name = app.name(of: getpid())
    #expect(name == ProcessFiles.stat(getpid())?.name)
    #expect(name.count > 0)
  }

  @Test func aProcessThatIsGoneHasNoNameAndCannotBeSignalled() {
    var app = AppProcess(target: .app, sparing: spared)
    let name = app.name(of: nobody)
    #expect(name.count == 0)
    let delivery = app.send(.usr1, to: nobody)
    #expect(delivery == .nobody)
  }

  @Test func theFileOfTheNameIsItsOwnDescriptor() {
    var app = AppProcess(target: .app, sparing: spared)
    _ = app.name(of: getpid())
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
