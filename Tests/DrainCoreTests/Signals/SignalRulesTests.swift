import Testing

@testable import DrainCore

@Suite struct SignalRulesTests {
  /// What the kernel sends by itself: a terminal's key, its window's new size (SI_KERNEL).
  private func byTheKernel(_ signal: Signal) -> ReceivedSignal {
    ReceivedSignal(signal: signal, code: 128)
  }

  @Test func aTerminalsNewSizeIsNoStopToApache() {
    let rules = SignalRules()
    let sent = ReceivedSignal(signal: .winch, senderPID: 5)
    #expect(rules.isDrainSignal(sent, program: .httpd))
    #expect(!rules.isDrainSignal(sent, program: .other))
    #expect(!rules.isDrainSignal(byTheKernel(.winch), program: .httpd))
    #expect(rules.forwarded(byTheKernel(.winch)) == .winch)
  }

  // They are meant for drainit as a background job; the app has its own.
  @Test(arguments: [Signal.ttin, .ttou]) func aTerminalsOwnStopIsNotPassedOn(signal: Signal) {
    let rules = SignalRules()
    #expect(rules.forwarded(byTheKernel(signal)) == .none)
    #expect(rules.forwarded(ReceivedSignal(signal: signal, senderPID: 5)) == signal)
  }
}
