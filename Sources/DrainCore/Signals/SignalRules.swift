/// Which signals begin the drain, which are passed on, and as what.
public struct SignalRules: Sendable {
  /// What `--drain-signal` named; empty for the built-in rules.
  public var drainSignals = SignalSet()
  /// What `--stop-signal` named; none for the built-in rules.
  public var stopSignal = Signal.none
  /// Whether the table of known programs may be used (`--known-programs`).
  public var mayKnowPrograms = true
  /// Whether drainit is PID 1 of its namespace.
  public var isFirstProcess = true
  /// Whether nothing drains: everything is passed on (`--plain`).
  public var isPlain = false
  private var rewrites = InlineArray<65, UInt8>(repeating: SignalRules.asItIs)

  // No signal has this number.
  private static var asItIs: UInt8 { 255 }

  public init() {}

  /// Passes `from` on as `to`; `Signal.none` drops it (`--rewrite`).
  public mutating func rewrite(_ from: Signal, as to: Signal) {
    guard from.isValid, to.number >= 0, to.number <= 64 else { return }
    rewrites[Int(from.number)] = UInt8(truncatingIfNeeded: to.number)
  }

  /// Whether the app's name matters for this signal, so that it has to be looked up: it decides, or it is
  /// what the log will call the app.
  @inline(__always) public func needsProgram(for received: ReceivedSignal) -> Bool {
    if isPlain { return false }
    if !drainSignals.isEmpty { return drainSignals.contains(received.signal) }
    switch received.signal {
    case .term: return true
    case .quit, .usr1, .winch, .int: return usesTable
    default: return false
    }
  }

  /// Whether a signal that this program has to do with asks which program it really is; one that is only
  /// passed on, as most USR1 of nginx are, does not.
  @inline(__always) public func decides(_ program: KnownProgram, for received: ReceivedSignal)
    -> Bool
  {
    if program == .other { return false }
    switch received.signal {
    case .term, .int, program.gracefulSignal: return usesTable
    default: return false
    }
  }

  /// Whether the signal asks for the stop of the container.
  @inline(never)
  public func isDrainSignal(_ received: ReceivedSignal, program: KnownProgram) -> Bool {
    if isPlain { return false }
    if !drainSignals.isEmpty { return drainSignals.contains(received.signal) }
    if received.signal == .term { return true }
    // A terminal's key and a window's change of size are the kernel's own.
    if usesTable && received.isFromProcess && received.signal == program.gracefulSignal {
      return true
    }
    return received.signal == .int && isFromOutside(received)
  }

  /// Whether the signal asks for the stop of the container, or would with an app of some name.
  @inline(__always) func mayDrain(_ received: ReceivedSignal) -> Bool {
    needsProgram(for: received) || received.signal == .int && !isPlain
  }

  /// What the app is sent for that drain signal; none where `--rewrite` drops it.
  @inline(never) public func stopSignal(for drain: Signal, program: KnownProgram) -> Signal {
    if stopSignal != .none { return stopSignal }
    if isRewritten(drain) { return rewritten(drain) }
    if usesTable && program.gracefulSignal != .none { return program.gracefulSignal }
    return drain
  }

  /// What a signal that does not drain is passed on as; none where it is not passed on.
  @inline(__always) public func forwarded(_ received: ReceivedSignal) -> Signal {
    switch received.signal {
    case .chld: return .none
    // A terminal's own, meant for drainit as a background job; the app has its own from the kernel.
    case .ttin, .ttou: return received.isFromProcess ? rewritten(received.signal) : .none
    default: return rewritten(received.signal)
    }
  }

  /// Whether the table of known programs has a say.
  var usesTable: Bool {
    mayKnowPrograms && !isPlain && drainSignals.isEmpty && stopSignal == .none
  }

  /// kill(2) from outside the PID namespace shows as pid 0; where drainit is not PID 1, another init
  /// forwards what it got (Fly, Docker's `--init`) and shows as pid 1.
  private func isFromOutside(_ received: ReceivedSignal) -> Bool {
    guard received.code == ReceivedSignal.sentByKill else { return false }
    return received.senderPID == 0 || (!isFirstProcess && received.senderPID == 1)
  }

  @inline(__always) private func isRewritten(_ signal: Signal) -> Bool {
    signal.isValid && rewrites[Int(signal.number)] != SignalRules.asItIs
  }

  @inline(__always) private func rewritten(_ signal: Signal) -> Signal {
    guard isRewritten(signal) else { return signal }
    return Signal(Int32(rewrites[Int(signal.number)]))
  }
}
