/// What happened, as the lifecycle is told of it.
public enum Event: BitwiseCopyable, Sendable {
  /// Every `--start-after` check holds.
  case startAllowed
  /// The app runs, as this process.
  case appStarted(pid: Int32)
  /// The app could not be executed; drainit ends with this code, 126 or 127.
  case appNotStarted(code: UInt8)
  /// A signal came for drainit; `program` is what the app is at this moment.
  case signal(ReceivedSignal, program: KnownProgram)
  /// The app has ended and was reaped.
  case appEnded(Ending)
  /// A signal has stopped the app (waitid(2), WSTOPPED).
  case appStopped(Signal)
  /// The app goes on after a stop.
  case appContinued
  /// In answer to `stopAsJob`: nobody could continue drainit, which is no shell's job.
  case isNoJob(Signal)
  /// The kernel has refused to send the app SIGKILL: it is another user's.
  case killRefused
  /// In answer to `findLeftovers`, or later: no process but drainit is left.
  case nobodyLeft
  /// In answer to `findLeftovers`: there are processes that the app left behind.
  case leftoversFound
  /// The gate has opened for the first time.
  case gateOpened
  /// What the app listens on, in answer to `findListeners`.
  case listeners(Listeners)
  /// The kubelet has asked `/readyz`.
  case kubeletAsked
  /// Whether `--live` held, in answer to `checkLive`.
  case live(Bool)
  /// What `--until` asks of the traffic holds now, by this condition; none where it does not.
  case traffic(WindowEnd)
  /// Something has come for the app since the drain signal, or is in flight.
  case arrived
  /// Whether the checks of `--until` hold, in answer to `askUntil`.
  case untilChecked(Bool)
  /// When the app has to have said that it is alive; never where no time runs.
  case watchdog(due: Instant)
  /// Every hook of that kind has ended or was given up.
  case hooksEnded(HookMoment)
  /// The app asks for more time to stop (sd_notify(3), EXTEND_TIMEOUT_USEC), from now.
  case extend(Interval)
  /// Time has passed: `nextDeadline` is reached.
  case deadline
}

/// How a process ended.
public enum Ending: Equatable, BitwiseCopyable, Sendable {
  case exited(code: UInt8)
  case killed(Signal)

  /// What a shell makes of it: the code, or 128 and the signal's number.
  public var code: UInt8 {
    switch self {
    case .exited(let code): code
    case .killed(let signal): UInt8(truncatingIfNeeded: 128 &+ signal.number)
    }
  }
}

/// When a hook runs.
public enum HookMoment: UInt8, BitwiseCopyable, Sendable {
  case ready
  case drain
  case exit

  /// How many there are.
  public static var count: Int { 3 }
}
