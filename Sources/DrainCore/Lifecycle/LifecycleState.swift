/// All that the lifecycle remembers: a fixed number of bytes, so that it can be handed to a drainit that
/// comes back after a fault.
public struct LifecycleState: Equatable, BitwiseCopyable, Sendable {
  /// Where drainit is in its life.
  public internal(set) var phase = Phase.waiting
  /// The app's process; 0 before it was started.
  public internal(set) var appPID: Int32 = 0
  /// Whether that process is the app's program by now.
  public internal(set) var isExecuted = false
  /// When it is said that it is not; never where it is, or that was said.
  public internal(set) var execDue = Instant.never
  /// How the app ended, once it has.
  public internal(set) var ending = Ending.exited(code: 0)
  /// Whether it has not, and never will by drainit's doing: SIGKILL is refused.
  public internal(set) var isKillRefused = false
  /// Whether the gate has ever opened.
  public internal(set) var hasOpened = false
  /// Whether the app is stopped (a terminal's or a SIGSTOP's stop, not its end).
  public internal(set) var isAppStopped = false
  /// Whether it was continued once while it stops.
  public internal(set) var wasContinued = false
  /// When it is continued after a SIGTSTP; never where it need not be, or was.
  public internal(set) var continueDue = Instant.never
  /// The earliest moment for the next time.
  public internal(set) var continueNotBefore = Instant(nanoseconds: 0)
  /// The signal that began the drain; none before.
  public internal(set) var drainSignal = Signal.none
  /// What the app is sent at the window's end.
  public internal(set) var stopSignal = Signal.none
  /// How many SIGINTs of the kind that drains have come.
  public internal(set) var interrupts: UInt8 = 0
  /// Whether the left-overs were sent the stop signal.
  public internal(set) var hasToldLeftovers = false
  /// When a stop was asked for, be it of the left-overs alone; never where none was.
  public internal(set) var stopAskedAt = Instant.never
  /// How many drain signals have come in the phase leaving.
  public internal(set) var leavingSignals: UInt8 = 0
  /// Whether drain hooks still run; the window waits for them.
  public internal(set) var drainHooksRun = false
  /// Whether exit hooks still run.
  public internal(set) var exitHooksRun = false
  /// Whether the exit hooks are done with and left-over processes are being dealt with.
  public internal(set) var dealsWithLeftovers = false
  /// Whether hooks of the gate's opening still run: what deregisters must not come before what registers.
  public internal(set) var readyHooksRun = false
  /// Whether the drain hooks wait for that.
  public internal(set) var owesDrainHooks = false
  /// Whether the app's traffic is being watched.
  public internal(set) var isObserving = false
  /// What the traffic has come to, as it was last told; none while it goes on.
  public internal(set) var traffic = WindowEnd.none
  /// Whether the checks of `--until` held when they were asked last, in the silence that goes on.
  public internal(set) var checksHold = false
  /// Whether they are being asked.
  public internal(set) var isAskingUntil = false
  /// The earliest moment at which they may be asked again.
  public internal(set) var untilDue = Instant(nanoseconds: 0)
  /// Whether the app listens on nothing, and nobody asked for the window.
  public internal(set) var hasNoListener = false
  /// Whether the app has sockets whose arrivals cannot be seen: the window lasts its maximum.
  public internal(set) var hasUnseen = false
  /// Whether `/readyz` fails for good.
  public internal(set) var isUnready = false
  /// Whether it fails for the kubelet, too.
  public internal(set) var isKubeletUnready = false
  /// How often the kubelet asks.
  public internal(set) var kubelet = KubeletProbes()
  /// What ended the window; none while it is open, and where there was none.
  public internal(set) var windowEnd = WindowEnd.none
  /// When the app was started, or began to wait.
  public internal(set) var startedAt = Instant.never
  /// When the gate opened.
  public internal(set) var openedAt = Instant.never
  /// When the drain signal came.
  public internal(set) var drainedAt = Instant.never
  /// The earliest end of the window.
  public internal(set) var windowMinimum = Instant.never
  /// The latest end of the window.
  public internal(set) var windowMaximum = Instant.never
  /// When `/readyz` begins to fail.
  public internal(set) var unreadyAt = Instant.never
  /// When it begins to fail for the kubelet.
  public internal(set) var kubeletUnreadyAt = Instant.never
  /// When the app was sent its stop signal.
  public internal(set) var stoppedAt = Instant.never
  /// When the app has to have said that it is alive; never where no time runs.
  public internal(set) var watchdogDue = Instant.never
  /// When the app is sent SIGKILL.
  public internal(set) var killAt = Instant.never
  /// When the app ended.
  public internal(set) var endedAt = Instant.never
  /// When the phase leaving moves on: the exit hooks' or the left-overs' time is over.
  public internal(set) var leaveAt = Instant.never

  public init() {}
}
