import CLinux
import DrainCore
import Testing

@testable import DrainLinux

@Suite struct FileLookTests {
  /// What a child sees.
  private func look(_ path: String, from directory: String? = nil) throws -> FileSight? {
    let words = ProgramVector([Array(path.utf8), Array((directory ?? "").utf8)])
    guard let name = words.pointers[0] else { return nil }
    let child = try FileLook.inChild(name, from: directory == nil ? nil : words.pointers[1])
    var status: Int32 = 0
    #expect(waitpid(child, &status, 0) == child)
    return linux_exited(status) != 0 ? FileSight(rawValue: linux_exit_code(status)) : nil
  }

  @Test func aChildSeesWhatIsThere() throws {
    #expect(try look("/etc/passwd") == .there)
    #expect(try look("/etc") == .there)
    #expect(try look("/etc/nobody-has-this") == .absent)
    #expect(try look("/etc/passwd/x") == .absent)
    #expect(try look("passwd", from: "/etc") == .there)
    #expect(try look("passwd", from: "/usr") == .absent)
    #expect(try look("passwd", from: "/nonexistent") == .unknown)
    #expect(try look("/\(String(repeating: "x", count: 5000))") == .unknown)
  }

  @Test func whatTheKernelHasAtHandIsNeverWrong() {
    let path = "/tmp/drainit-look-\(getpid())"
    for isThere in [false, true, false, true] {
      if isThere {
        close(linux_open(path, O_CREAT | O_WRONLY, 0o600))
      } else {
        unlink(path)
      }
      // Where it is not at hand, or the system has no such call, a child is asked.
      let sight = path.withCString { FileLook.cached($0) }
      #expect(sight == nil || sight == (isThere ? .there : .absent))
    }
    unlink(path)
  }
}
