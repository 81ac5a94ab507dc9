import CLinux
import DrainCore
import Testing

@testable import DrainLinux
@testable import drainit

/// What a thread of its own reads of the signals that it is sent.
@Suite(.serialized) struct SourcesTests {
  /// Gives the body sources of its own, and puts back what they change of the whole process.
  private func withSources<Answer>(
    _ earlier: HandOver? = nil, _ body: @escaping (inout Sources) throws -> Answer
  ) throws -> Answer {
    try aside {
      var own = FaultSignals.all
      own.insert(.chld)
      var before: [(Signal, KernelAction)] = []
      for number in 1...Int32(31) where own.contains(Signal(number)) {
        before.append((Signal(number), try KernelAction(installedFor: Signal(number))))
      }
      defer { for (signal, action) in before { _ = try? action.install(for: signal) } }
      var sources = try Sources(earlier)
      return try body(&sources)
    }
  }

  private func mask() -> SignalSet {
    var bits: UInt64 = 0
    _ = linux_sigprocmask(linux_SIG_BLOCK, nil, &bits)
    return SignalSet(bits: bits)
  }

  @Test func fromHereOnNoSignalIsLost() throws {
    let found = try withSources { sources in
      try sendToThisThread(.usr1)
      let isBlocked = [Signal.term, .usr1, .rtmin, .segv].map { mask().contains($0) }
      let count = sources.loop.wait(until: Clock.now() + .seconds(20))
      let source = sourceName(sources.loop[0].token)
      sources.signals.becomeReadable()
      let received = sources.signals.next()
      return (isBlocked, count, source, received?.signal)
    }
    #expect(found.0 == [true, true, true, false])
    #expect(found.1 == 1)
    #expect(found.2 == "signals")
    #expect(found.3 == .usr1)
  }

  @Test func whatTheHandlerOfFaultsIsSentIsReadInTheLoop() throws {
    let found = try withSources { sources in
      var record = siginfo_t()
      linux_si_fill(&record, SIGSEGV, ReceivedSignal.sentByKill, 1, 0, 0)
      let writer = sources.faults.handlerNumber
      _ = withUnsafeBytes(of: &record) { SystemCall.write(writer, $0) }
      _ = sources.loop.wait(until: Clock.now() + .seconds(20))
      return (sourceName(sources.loop[0].token), sources.faults.next()?.signal)
    }
    #expect(found == ("faults", .segv))
  }

  @Test func maskAndDispositionsAreThoseOfTheFirstStart() throws {
    var earlier = HandOver(pid: 1)
    earlier.mask = SignalSet(bits: 1 << 20)
    earlier.changedDispositions = FaultSignals.all
    earlier.changedDispositions.insert(.chld)
    earlier.ignoredDispositions.insert(.chld)
    let given = earlier
    let found = try withSources(given) {
      ($0.signals.originalMask, $0.dispositions.changed, $0.dispositions.ignored)
    }
    #expect(found.0 == earlier.mask)
    #expect(found.1 == earlier.changedDispositions)
    #expect(found.2 == earlier.ignoredDispositions)
  }

  // More come than a turn takes, and each is told of once.
  @Test func aTurnTakesAFewAndTheRestIsDueAtOnce() throws {
    let found = try withSources { sources in
      let before = sources.nextDeadline
      for value in 0..<9 { try sendToThisThread(.rtmin, value: UInt64(value)) }
      var turns: [Int] = []
      var values: [UInt64] = []
      var end = Clock.now() + .seconds(20)
      repeat {
        let count = sources.wait(until: end)
        end = Clock.now()
        for _ in 0..<count { sources.signals.becomeReadable() }
        var taken = 0
        while let received = sources.nextSignal() {
          taken += 1
          values.append(received.value)
        }
        turns.append(taken)
      } while sources.nextDeadline != .never && turns.count < 20
      return (before, turns, values)
    }
    #expect(found.0 == .never)
    #expect(found.1 == [4, 4, 1])
    #expect(found.2 == Array(0..<9))
  }

  @Test func childrenThatEndLeaveAStatus() throws {
    let changed = try withSources { $0.dispositions.changed }
    #expect(changed.contains(.chld))
    #expect(changed.contains(.segv))
  }
}

/// Sends the calling thread a signal with a value, as another process would.
func sendToThisThread(_ signal: Signal, value: UInt64 = 0) throws {
  var record = siginfo_t()
  linux_si_fill(&record, signal.number, ReceivedSignal.sentByQueue, 1, 0, value)
  let thread = linux_syscall(Int(SYS_gettid), 0, 0, 0, 0, 0, 0)
  let result = withUnsafePointer(to: &record) {
    linux_syscall(
      Int(SYS_rt_tgsigqueueinfo), Int(getpid()), thread, Int(signal.number),
      Int(bitPattern: $0), 0, 0)
  }
  if result != 0 { throw Errno.last }
}
