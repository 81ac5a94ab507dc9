/// What a line of drainit's log says of the lifecycle; `LogLine` words it.
public enum LogEvent: BitwiseCopyable, Sendable {
  /// The app has been started as this process.
  case started(pid: Int32)
  /// The app's program is not executed yet, this long after the start.
  case notExecutedYet(after: Interval)
  /// The gate has opened, this long after the start.
  case ready(after: Interval)
  /// A drain signal has come and the window is open.
  case draining(Signal, minimum: Interval, maximum: Interval, stop: Signal)
  /// A drain signal has come and there is no window.
  case notDraining(Signal, NoWindow)
  /// The window is shorter or cannot be seen through, and why.
  case windowChanged(WindowChange, left: Interval)
  /// A drain signal came again; the phase goes on.
  case repeated(Signal, Phase, left: Interval?)
  /// `--unready-after` is over.
  case unready
  /// The kubelet is answered 503 from now on, too.
  case kubeletUnready
  /// The window is over; the app is sent `stop`, or nothing where `--rewrite` drops it.
  case stopping(WindowEnd, stop: Signal, killAfter: Interval?)
  /// The app asked for more time and got it.
  case extended(left: Interval)
  /// The stop timeout is over.
  case killing(after: Interval)
  /// A signal came that is not passed on.
  case dropped(Signal, Phase)
  /// A signal was passed on.
  case forwarded(Signal, as: Signal)
  /// The kernel has refused to send a signal, for this reason.
  case refused(Signal, errno: Int32)
  /// The app was stopped and drainit continues it, being nobody else's job.
  case continued(Signal)
  /// The app was stopped and stays so.
  case stopped(Signal)
  /// The app has ended; where a drain signal had come, with the evidence.
  case ended(Ending)
  /// Left-over processes are sent a signal.
  case leftovers(Signal)
  /// A process that is not the app has ended and was reaped.
  case reaped(pid: Int32, Ending)
  /// A process that did not end when it should have.
  case inTheWay(ProcessStat)
  /// So many more that did not.
  case moreInTheWay(Int)
  /// Left-over processes are waited for.
  case waitingForLeftovers
  /// The app is not started yet: `--start-after` does not hold.
  case waitingForStart
  /// `--start-timeout` is over and `--start-after` does not hold.
  case startTimedOut(after: Interval)
  /// A drain signal ended drainit before the app was started.
  case endedWaiting(Signal)
  /// The app could not be executed, for this reason (errno(3)).
  case notExecuted(errno: Int32)
  /// The endpoint's default port is taken, or cannot be had for another reason.
  case noEndpoint(port: UInt16, errno: Int32)
  /// A process above is drainit, too.
  case belowAnother
  /// The log could not take that many lines since the last one that it took.
  case linesDropped(UInt64)
  /// drainit had a fault of its own, this signal, and has come back, for that many times now; none where
  /// the life before could not begin.
  case cameBack(Signal, count: UInt32, isBare: Bool)
  /// A hook, one of `LogContext.hooks`, has ended or was given up.
  case hookEnded(HookMoment, hook: Int, CheckOutcome)
  /// Hooks were not run: those before them took longer than the window.
  case hooksNotRun(HookMoment)
  /// The ports that the window watches; whether they may be more than the app's.
  case watching(isGuess: Bool)
  /// The app waits in vain for a TCP listener: it has something else.
  case listensElsewhere(OtherListener)
  /// The app's connections cannot be watched, for this reason: the window lasts its maximum, of an app that was
  /// never ready its minimum.
  case cannotObserve(errno: Int32)
  /// The app has told something of itself.
  case notified(AppNotice)
  /// So many effects or events found no room: a mistake of drainit's own, which goes on.
  case lost(UInt64)
  /// A system call failed that should not have; drainit goes on.
  case callFailed(errno: Int32)
}

/// Why a drain signal opened no window.
public enum NoWindow: UInt8, BitwiseCopyable, Sendable {
  /// `--drain 0`, given or by the platform.
  case zero
}

/// What was learnt of a window that is open.
public enum WindowChange: UInt8, BitwiseCopyable, Sendable {
  /// The app listens on nothing: the window is over.
  case noListener
  /// It has nothing but a UDP socket that is taken for a client's: the window is over.
  case client
  /// It listens on UDP or UNIX sockets alone: the window lasts its maximum.
  case unseen
  /// It listens on TCP and on UDP or a UNIX socket: the window lasts its maximum.
  case unseenBeside
  /// It listens on TCP, and not all of its listeners may have been seen: the window lasts its maximum.
  case partly
  /// `--live` failed: the window lasts its minimum.
  case notLive
  /// The app was never ready: the window lasts its minimum.
  case neverReady
  /// It was never ready, and is sent requests all the same: the window may last its maximum.
  case used
}
