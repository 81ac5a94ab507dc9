/// What one drainit leaves to the next when it executes itself anew after a fault of its own.
///
/// It is kept as text, ready at any moment, in a variable of the environment that the next one is given: the
/// bytes of this value, 16 hexadecimal digits a word, and a checksum. The next life is the same executable,
/// so the bytes mean the same there. No field has a value of its own accord: whoever makes one has to say
/// what each is, or it does not compile.
public struct HandOver: Equatable, BitwiseCopyable, Sendable {
  // The first word is these two: the executable is looked for before anything else is known.
  /// drainit's own pid, which executing anew does not change.
  public var pid: Int32
  /// drainit's own executable.
  public var executable: Int32
  public var lifecycle: LifecycleState
  public var gate: GateMemory
  /// The signal mask that the first drainit was started with.
  public var mask: SignalSet
  /// The dispositions that it changed, and those of them that were ignored before.
  public var changedDispositions: SignalSet
  public var ignoredDispositions: SignalSet
  /// The endpoint's listening socket; -1 for none.
  public var endpoint: Int32
  /// The socket of sd_notify(3), and the descriptor of `fd:N`; -1 for none.
  public var notify: Int32
  public var notice: Int32
  /// How many bytes of `/dev/termination-log` are drainit's own, which its last line replaces.
  public var traceBytes: Int32
  public var notices: AppNotices
  /// What the app was when it was looked at last.
  public var program: KnownProgram
  /// The programs of checks and hooks that run.
  public var programs: ProgramGroups
  /// Who asked for readiness and has seen it fail, for `--until probed:N`.
  public var probes: ProbeCounts
  /// What a window in progress has seen.
  public var traffic: TrafficMemory
  /// What a window that is over has shown, for the summary; nil where nothing was watched.
  public var evidence: TrafficEvidence?
  public var lives: Lives

  public init(
    pid: Int32, executable: Int32, lifecycle: LifecycleState, gate: GateMemory, mask: SignalSet,
    changedDispositions: SignalSet, ignoredDispositions: SignalSet, endpoint: Int32, notify: Int32,
    notice: Int32, traceBytes: Int32, notices: AppNotices,
    program: KnownProgram, programs: ProgramGroups,
    probes: ProbeCounts, traffic: TrafficMemory, evidence: TrafficEvidence?, lives: Lives
  ) {
    self.pid = pid
    self.executable = executable
    self.lifecycle = lifecycle
    self.gate = gate
    self.mask = mask
    self.changedDispositions = changedDispositions
    self.ignoredDispositions = ignoredDispositions
    self.endpoint = endpoint
    self.notify = notify
    self.notice = notice
    self.traceBytes = traceBytes
    self.notices = notices
    self.program = program
    self.programs = programs
    self.probes = probes
    self.traffic = traffic
    self.evidence = evidence
    self.lives = lives
  }

  private static var wordCount: Int { (MemoryLayout<HandOver>.size &+ 7) / 8 }

  /// How many bytes `append(to:)` writes.
  public static var textSize: Int { 16 &* (wordCount &+ 1) }

  /// Appends the text, `textSize` bytes.
  public func append(to text: inout ByteBuffer) {
    var sum = Checksum()
    let size = MemoryLayout<HandOver>.size
    withUnsafeBytes(of: self) { bytes in
      for index in 0..<HandOver.wordCount {
        var word: UInt64 = 0
        if 8 &* index &+ 8 <= size {
          word = bytes.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self)
        } else {
          for byte in (8 &* index)..<size { word |= UInt64(bytes[byte]) << UInt64(8 &* (byte & 7)) }
        }
        sum.add(word)
        text.append(hex: word)
      }
    }
    text.append(hex: sum.value)
  }

  /// Reads a text back; nil where it is not one that `append` wrote.
  ///
  /// Whoever can write a text whose checksum holds is who starts drainit, and could start anything.
  public init?(_ text: Span<UInt8>) {
    guard text.count == HandOver.textSize else { return nil }
    var sum = Checksum()
    for index in 0..<HandOver.wordCount {
      guard let word = HandOver.hex(text, at: 16 &* index) else { return nil }
      sum.add(word)
    }
    guard HandOver.hex(text, at: text.count &- 16) == sum.value else { return nil }
    self = withUnsafeTemporaryAllocation(of: HandOver.self, capacity: 1) { memory in
      let bytes = UnsafeMutableRawBufferPointer(memory)
      for index in 0..<MemoryLayout<HandOver>.size {
        let word = HandOver.hex(text, at: 16 &* (index >> 3)) ?? 0
        bytes[index] = UInt8(truncatingIfNeeded: word >> UInt64(8 &* (index & 7)))
      }
      return memory[0]
    }
  }

  /// The executable alone, before anything else is known; -1 where there is none.
  public static func executable(in text: Span<UInt8>) -> Int32 {
    Int32(truncatingIfNeeded: (hex(text, at: 0) ?? .max) >> 32)
  }

  private static func hex(_ text: Span<UInt8>, at start: Int) -> UInt64? {
    guard start >= 0, start &+ 16 <= text.count else { return nil }
    var word: UInt64 = 0
    for index in start..<start &+ 16 {
      switch text[index] {
      case let digit where digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9"):
        word = word << 4 | UInt64(digit &- UInt8(ascii: "0"))
      case let digit where digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "f"):
        word = word << 4 | UInt64(digit &- UInt8(ascii: "a") &+ 10)
      default: return nil
      }
    }
    return word
  }
}

/// FNV-1a, over words instead of bytes: it tells a text that was torn or typed from one that was written.
private struct Checksum {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x100_0000_01b3
    // A product's upper bits say nothing of lower ones.
    value ^= value >> 32
  }
}
