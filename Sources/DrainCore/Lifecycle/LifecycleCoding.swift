// The state as words and back, for a drainit that comes back after a fault.

extension LifecycleState {
  /// The state in this form; its length is said here alone.
  public typealias Words = InlineArray<26, UInt64>

  /// How many words they are.
  public static var wordCount: Int { Words.count }

  /// The state as words.
  public var words: Words {
    let signed: InlineArray<26, Int64> = [
      Int64(phase.rawValue), Int64(appPID), LifecycleState.word(ending),
      hasOpened ? 1 : 0, isAppStopped ? 1 : 0,
      Int64(drainSignal.number), Int64(stopSignal.number),
      Int64(interrupts), Int64(leavingSignals),
      drainHooksRun ? 1 : 0, exitHooksRun ? 1 : 0, dealsWithLeftovers ? 1 : 0,
      untilHolds ? 1 : 0, isUnready ? 1 : 0, Int64(windowEnd.rawValue),
      startedAt.nanoseconds, openedAt.nanoseconds, drainedAt.nanoseconds,
      windowMinimum.nanoseconds, windowMaximum.nanoseconds, unreadyAt.nanoseconds,
      stoppedAt.nanoseconds, killAt.nanoseconds, endedAt.nanoseconds, leaveAt.nanoseconds,
      LifecycleState.version,
    ]
    return InlineArray { UInt64(bitPattern: signed[$0]) }
  }

  /// Reads a state back; nil where the words are none that this version wrote.
  public init?(_ unsigned: Words) {
    let words = InlineArray<26, Int64> { Int64(bitPattern: unsigned[$0]) }
    guard words[25] == LifecycleState.version,
      let phase = Phase(rawValue: UInt8(truncatingIfNeeded: words[0])),
      let windowEnd = WindowEnd(rawValue: UInt8(truncatingIfNeeded: words[14]))
    else { return nil }
    self.init()
    self.phase = phase
    self.windowEnd = windowEnd
    appPID = Int32(truncatingIfNeeded: words[1])
    ending = LifecycleState.ending(words[2])
    hasOpened = words[3] == 1
    isAppStopped = words[4] == 1
    drainSignal = Signal(Int32(truncatingIfNeeded: words[5]))
    stopSignal = Signal(Int32(truncatingIfNeeded: words[6]))
    interrupts = UInt8(truncatingIfNeeded: words[7])
    leavingSignals = UInt8(truncatingIfNeeded: words[8])
    drainHooksRun = words[9] == 1
    exitHooksRun = words[10] == 1
    dealsWithLeftovers = words[11] == 1
    untilHolds = words[12] == 1
    isUnready = words[13] == 1
    startedAt = Instant(nanoseconds: words[15])
    openedAt = Instant(nanoseconds: words[16])
    drainedAt = Instant(nanoseconds: words[17])
    windowMinimum = Instant(nanoseconds: words[18])
    windowMaximum = Instant(nanoseconds: words[19])
    unreadyAt = Instant(nanoseconds: words[20])
    stoppedAt = Instant(nanoseconds: words[21])
    killAt = Instant(nanoseconds: words[22])
    endedAt = Instant(nanoseconds: words[23])
    leaveAt = Instant(nanoseconds: words[24])
  }

  // Told apart from any other build's: the number changes with the layout.
  private static var version: Int64 { 0x6472_6169_6e01 }

  private static func word(_ ending: Ending) -> Int64 {
    switch ending {
    case .exited(let code): Int64(code)
    case .killed(let signal): 256 &+ Int64(signal.number)
    }
  }

  private static func ending(_ word: Int64) -> Ending {
    if word < 256 { return .exited(code: UInt8(truncatingIfNeeded: word)) }
    return .killed(Signal(Int32(truncatingIfNeeded: word &- 256)))
  }
}
