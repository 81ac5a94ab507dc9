/// What one drainit leaves to the next when it executes itself anew after a fault of its own.
///
/// It is kept as text, ready at any moment, in a variable of the environment that the next one is given:
/// 16 hexadecimal digits a word, the last of them a checksum.
public struct HandOver: Equatable, Sendable {
  /// drainit's own pid, which executing anew does not change.
  public var pid: Int32
  public var lifecycle = LifecycleState()
  public var gate = GateMemory()
  /// The signal mask that the first drainit was started with.
  public var mask = SignalSet()
  /// The dispositions that it changed, and those of them that were ignored before.
  public var changedDispositions = SignalSet()
  public var ignoredDispositions = SignalSet()
  /// The endpoint's listening socket; -1 for none.
  public var endpoint: Int32 = -1
  /// drainit's own executable.
  public var executable: Int32 = -1
  /// The socket of sd_notify(3), and the descriptor of `fd:N`; -1 for none.
  public var notify: Int32 = -1
  public var notice: Int32 = -1
  public var notices = AppNotices()
  /// What a window in progress has seen.
  public var traffic = TrafficMemory()
  public var lives = Lives()

  public init(pid: Int32) { self.pid = pid }

  /// How many bytes `append(to:)` writes.
  public static var textSize: Int { 16 &* (LifecycleState.wordCount &+ ownWords &+ 1) }

  private static var ownWords: Int { 21 }

  /// Appends the text, `textSize` bytes.
  public func append(to text: inout ByteBuffer) {
    var sum = Checksum()
    let own: InlineArray<21, UInt64> = [
      UInt64(UInt32(bitPattern: pid)), gate.isOpen ? 1 : 0, UInt64(gate.successes),
      UInt64(bitPattern: gate.warmupEnd.nanoseconds), mask.bits, changedDispositions.bits,
      ignoredDispositions.bits, HandOver.pair(endpoint, executable), UInt64(lives.count),
      UInt64(bitPattern: lives.times[0].nanoseconds),
      UInt64(bitPattern: lives.times[1].nanoseconds),
      UInt64(bitPattern: lives.times[2].nanoseconds),
      UInt64(UInt32(bitPattern: notify)) << 32 | UInt64(UInt32(bitPattern: notice)),
      notices.flags, UInt64(bitPattern: notices.watchdogPeriod.nanoseconds),
      UInt64(bitPattern: notices.watchdogDue.nanoseconds),
      UInt64(bitPattern: notices.reloadingSince.nanoseconds),
      UInt64(traffic.strongCount) << 32 | UInt64(traffic.weakCount),
      UInt64(bitPattern: traffic.lastStrong.nanoseconds),
      UInt64(bitPattern: traffic.lastWeak.nanoseconds), traffic.areProxies ? 1 : 0,
    ]
    for index in 0..<HandOver.ownWords { sum.append(own[index], to: &text) }
    let state = lifecycle.words
    for index in 0..<LifecycleState.wordCount { sum.append(state[index], to: &text) }
    text.append(hex: sum.value)
  }

  /// Reads a text back; nil where it is not one that `append` wrote.
  public init?(_ text: Span<UInt8>) {
    guard text.count == HandOver.textSize else { return nil }
    var sum = Checksum()
    var own = InlineArray<21, UInt64>(repeating: 0)
    // No memory is asked for: where it is refused the text must be read all the same.
    var state = LifecycleState.Words(repeating: 0)
    for index in 0..<text.count / 16 &- 1 {
      guard let word = HandOver.hex(text, at: 16 &* index) else { return nil }
      sum.add(word)
      if index < HandOver.ownWords {
        own[index] = word
      } else {
        state[index &- HandOver.ownWords] = word
      }
    }
    guard HandOver.hex(text, at: text.count &- 16) == sum.value,
      let lifecycle = LifecycleState(state)
    else { return nil }
    self.init(pid: Int32(truncatingIfNeeded: own[0]))
    self.lifecycle = lifecycle
    gate.isOpen = own[1] == 1
    gate.successes = UInt32(truncatingIfNeeded: own[2])
    gate.warmupEnd = Instant(nanoseconds: Int64(bitPattern: own[3]))
    mask = SignalSet(bits: own[4])
    changedDispositions = SignalSet(bits: own[5])
    ignoredDispositions = SignalSet(bits: own[6])
    endpoint = Int32(truncatingIfNeeded: own[7])
    executable = Int32(truncatingIfNeeded: own[7] >> 32)
    lives.count = UInt32(truncatingIfNeeded: own[8])
    for index in 0..<3 {
      lives.times[index] = Instant(nanoseconds: Int64(bitPattern: own[9 &+ index]))
    }
    notify = Int32(truncatingIfNeeded: own[12] >> 32)
    notice = Int32(truncatingIfNeeded: own[12])
    notices.flags = own[13]
    notices.watchdogPeriod = Interval(nanoseconds: Int64(bitPattern: own[14]))
    notices.watchdogDue = Instant(nanoseconds: Int64(bitPattern: own[15]))
    notices.reloadingSince = Instant(nanoseconds: Int64(bitPattern: own[16]))
    traffic.strongCount = UInt32(truncatingIfNeeded: own[17] >> 32)
    traffic.weakCount = UInt32(truncatingIfNeeded: own[17])
    traffic.lastStrong = Instant(nanoseconds: Int64(bitPattern: own[18]))
    traffic.lastWeak = Instant(nanoseconds: Int64(bitPattern: own[19]))
    traffic.areProxies = own[20] == 1
  }

  /// The executable alone, before anything else is known; -1 where there is none.
  public static func executable(in text: Span<UInt8>) -> Int32 {
    Int32(truncatingIfNeeded: (hex(text, at: 16 &* 7) ?? .max) >> 32)
  }

  private static func pair(_ low: Int32, _ high: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: low)) | UInt64(UInt32(bitPattern: high)) << 32
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

/// How often drainit has come back, and whether it may still do everything that it did.
public struct Lives: Equatable, BitwiseCopyable, Sendable {
  /// How often it came back.
  public var count: UInt32 = 0
  /// When it came back last, and the two times before.
  public var times = InlineArray<3, Instant>(repeating: Instant(nanoseconds: 0))

  public init() {}

  /// How close the third come-back must follow the first for it to be bare.
  public static var window: Interval { .seconds(60) }

  /// Notes that it has just come back.
  public mutating func comeBack(now: Instant) {
    // Once bare it stays bare: what brought it down is still in the rest.
    let wasBare = isBare
    if count < UInt32.max { count &+= 1 }
    if wasBare { return }
    times[2] = times[1]
    times[1] = times[0]
    times[0] = now
  }

  /// Whether endpoint, checks and observation stay off.
  public var isBare: Bool {
    count >= 3 && times[0].since(times[2]) <= Lives.window
  }

  public static func == (left: Lives, right: Lives) -> Bool {
    left.count == right.count && left.times[0] == right.times[0]
      && left.times[1] == right.times[1] && left.times[2] == right.times[2]
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

  mutating func append(_ word: UInt64, to text: inout ByteBuffer) {
    add(word)
    text.append(hex: word)
  }
}
