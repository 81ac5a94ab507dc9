import Testing

@testable import DrainCore

@Suite struct KnownProgramTests {
  private func program(_ name: String) -> KnownProgram { KnownProgram(comm: Array(name.utf8).span) }

  @Test func openrestyAndAngieAreNginx() {
    for name in ["nginx", "openresty", "angie"] { #expect(program(name) == .nginx) }
  }

  @Test func aNameIsNoIdentity() {
    var catches = SignalSet()
    catches.insert(.term)
    #expect(KnownProgram.httpd.confirmed(by: catches) == .other)
    catches.insert(.winch)
    #expect(KnownProgram.httpd.confirmed(by: catches) == .httpd)
    // HAProxy catches SIGURG itself; a Go program catches everything.
    catches.insert(.urg)
    #expect(KnownProgram.httpd.confirmed(by: catches) == .httpd)
    #expect(KnownProgram.httpd.confirmed(by: SignalSet(bits: .max)) == .other)
    #expect(KnownProgram.httpd.confirmed(by: nil) == .other)
  }
}
