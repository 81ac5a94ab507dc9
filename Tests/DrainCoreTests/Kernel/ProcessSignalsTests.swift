import Testing

@testable import DrainCore

@Suite struct ProcessSignalsTests {
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
