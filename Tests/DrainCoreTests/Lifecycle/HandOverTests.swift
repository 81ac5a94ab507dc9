import Testing

@testable import DrainCore

extension HandOver {
  /// That of a drainit that has nothing to hand over.
  static var empty: HandOver {
    HandOver(
      pid: 1, executable: -1, lifecycle: LifecycleState(), gate: GateMemory(), mask: SignalSet(),
      changedDispositions: SignalSet(), ignoredDispositions: SignalSet(), endpoint: -1, notify: -1,
      notice: -1, traceBytes: 0, notices: AppNotices(),
      program: .other, programs: ProgramGroups(),
      probes: ProbeCounts(), traffic: TrafficMemory(), evidence: nil, lives: Lives())
  }
}

@Suite struct HandOverTests {
  private func text(_ handOver: HandOver) -> [UInt8] {
    var buffer = ByteBuffer(capacity: HandOver.textSize)
    handOver.append(to: &buffer)
    #expect(buffer.count == HandOver.textSize && buffer.cut == 0)
    return buffer.withBytes { [UInt8]($0) }
  }

  private func read(_ text: [UInt8]) -> HandOver? {
    let bytes = text.span
    return HandOver(bytes)
  }

  private func executable(_ text: [UInt8]) -> Int32 {
    let bytes = text.span
    return HandOver.executable(in: bytes)
  }

  private var full: HandOver {
    var story = Story.serving { $0.hasDrainHooks = true }
    story.signal(.term)
    var gate = GateMemory()
    gate.isOpen = true
    var notices = AppNotices()
    notices.hasWritten = true
    var programs = ProgramGroups()
    programs.insert(11)
    programs.insert(12)
    programs.remove(11)
    var probes = ProbeCounts()
    probes.asked(IPAddress(bits: 13), at: Instant(nanoseconds: 14))
    var traffic = TrafficMemory()
    traffic.connections = 15
    var evidence = TrafficEvidence()
    evidence.last = .milliseconds(16)
    evidence.holder = .inFlight
    var lives = Lives()
    lives.comeBack(now: Instant(nanoseconds: 99))
    return HandOver(
      pid: 7, executable: 5, lifecycle: story.lifecycle.state, gate: gate,
      mask: SignalSet(bits: 17),
      changedDispositions: SignalSet(bits: 18), ignoredDispositions: SignalSet(bits: 19),
      endpoint: 20, notify: 21, notice: 22, traceBytes: 23, notices: notices,
      program: .nginx, programs: programs, probes: probes, traffic: traffic, evidence: evidence,
      lives: lives)
  }

  // Else a field that is read back as nothing would look as if it had been handed over.
  @Test func noFieldOfTheFullOneIsEmpty() {
    func words(_ handOver: HandOver) -> [String] {
      Mirror(reflecting: handOver).children.map { "\($0.label ?? ""): \(bytes(of: $0.value))" }
    }
    let full = words(full)
    #expect(full.count > 10)
    for (one, other) in zip(full, words(.empty)) { #expect(one != other) }
  }

  private func bytes(of value: Any) -> [UInt8] {
    func open<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { [UInt8]($0) } }
    return _openExistential(value, do: open)
  }

  @Test func whatIsWrittenIsRead() {
    let found = read(text(full))
    #expect(found == full)
    #expect(found?.programs[1] == 12 && found?.programs[0] == 0)
    #expect(found?.probes.haveAll(heard: 0, drainedAt: Instant(nanoseconds: 20)) == true)
    #expect(found?.evidence?.holder == .inFlight)
    #expect(found?.lifecycle.phase == .draining)
  }

  @Test func theExecutableIsFoundBeforeAnythingElse() {
    #expect(executable(text(full)) == 5)
    #expect(executable([]) == -1)
  }

  @Test func aTextThatWasTornOrTypedIsNone() {
    let whole = text(full)
    for index in stride(from: 0, to: whole.count, by: 7) {
      var torn = whole
      torn[index] = torn[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      #expect(read(torn) == nil, "digit \(index)")
      torn[index] = UInt8(ascii: "x")
      #expect(read(torn) == nil)
    }
    #expect(read([UInt8](whole.dropLast())) == nil)
  }
}
