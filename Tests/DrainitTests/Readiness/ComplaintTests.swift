import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

@Suite struct ComplaintTests {
  private func complaint(_ program: String, _ errno: Int32, json: Bool = false) throws -> String {
    let outlet = try Outlet()
    let command = command([program, "argument"], ["PATH=/nothing/there"])
    let settings = ChildSettings(
      environment: command.environmentPointers, mask: SignalSet(), dispositions: Dispositions(),
      logsJSON: json)
    Complaint.write(command.argumentPointers, settings, Errno(errno), on: outlet.end)
    return outlet.text()
  }

  @Test(arguments: [
    ("/nothing/there", ENOENT, "no such file or directory"),
    ("nobody", ENOENT, "it is in no directory of PATH: no such file"),
    ("/etc/passwd", EACCES, "it is not executable: permission denied (chmod +x)"),
    ("/etc", EACCES, "it is a directory"),
  ])
  func itNamesTheProgramAndWhatWasInTheWay(
    _ program: String, _ errno: Int32, _ reason: String
  ) throws {
    #expect(
      try complaint(program, errno) == "drainit: \(program) cannot be started: \(reason)\n")
  }

  @Test func itIsALineOfJSONWhereTheLogIs() throws {
    let line = try complaint("/nothing/there", ENOENT, json: true)
    #expect(line.hasPrefix("{\"time\":\"20"))
    #expect(
      line.hasSuffix(
        "\"message\":\"/nothing/there cannot be started: no such file or directory\"}\n"))
  }
}
