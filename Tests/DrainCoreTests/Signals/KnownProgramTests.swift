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

  @Test func whatAProcessCatchesIsReadOrNotKnown() {
    func caught(_ text: String) -> UInt64? {
      ProcessSignals.set(.caught, in: Array(text.utf8).span)?.bits
    }
    #expect(
      caught("Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t00000001800044fe\n") == 0x1_8000_44fe)
    #expect(caught("Name:\tSigCgt:\t0000000000000001\nSigCgt:\t0000000000000002\n") == 2)
    for text in ["", "SigCgt:\t", "SigCgt:\t123", "SigCgt:\t00000000000000zz\n", "SigCgt"] {
      #expect(caught(text) == nil)
    }
  }
}
