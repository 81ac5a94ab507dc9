import CLinux
import DrainCore

/// What became of a child.
public struct ChildChange: Equatable, BitwiseCopyable, Sendable {
  public let pid: Int32
  public let kind: Kind

  public enum Kind: Equatable, BitwiseCopyable, Sendable {
    /// It ended by itself, with this code, and is reaped.
    case exited(UInt8)
    /// A signal ended it, and it is reaped.
    case killed(Signal)
    /// A signal stopped it.
    case stopped(Signal)
    /// It goes on after a stop.
    case continued
    /// It has made drainit its tracer (PTRACE_TRACEME) and waits to be let go.
    case trapped
  }
}

/// Collects what became of children, one at a time, without ever waiting for any.
public enum Reaper {
  /// How many children are reaped before other events are looked at: with 64 a burst of 100,000
  /// costs no more than one at a time would, and a probe waits well under a millisecond.
  public static var childrenATurn: Int { 64 }

  /// How much of the processor a look at the children takes at most, in nanoseconds, where few of them
  /// live: reaping one of 100,000 takes up to 20 µs, walking past 4,000 that live on 60 µs.
  public static var shortLook: Int64 { 60_000 }

  /// How long to leave children alone after that many nanoseconds of looking at them: looking takes a
  /// fifth of the time at most, and what has ended waits no longer than 8 ms.
  public static func pause(afterLooking took: Int64) -> Interval {
    Interval(nanoseconds: min(took, 2_000_000) &* 4)
  }

  public enum Outcome: Equatable, BitwiseCopyable, Sendable {
    case change(ChildChange)
    /// Every child there is lives on.
    case nothingNow
    /// There is no child left.
    case noChildren
  }

  /// The next change, of any child, ours or adopted. After `childrenATurn` of them the caller looks
  /// at other events and comes back without waiting: SIGCHLD tells of many ends only once.
  ///
  /// The corresponding C function is `waitid`.
  ///
  /// - Parameter pid: a child that is known to have changed, which the kernel finds at once; 0 for any,
  ///   where it walks past every child that lives on.
  @inline(never) public static func next(_ pid: Int32 = 0) -> Outcome {
    var record = siginfo_t()
    let options = linux_WEXITED | linux_WSTOPPED | linux_WCONTINUED | linux_WNOHANG
    let kind = pid > 0 ? linux_P_PID : linux_P_ALL
    let number = UInt32(bitPattern: pid)
    let result = SystemCall.retrying { Int(linux_waitid(kind, number, &record, options)) }
    // ECHILD is the only error that these arguments can bring; any other must not cost the app.
    if result == -1 { return Errno.last.number == ECHILD ? .noChildren : .nothingNow }
    guard let change = change(record: &record) else { return .nothingNow }
    return .change(change)
  }

  private static func change(record: inout siginfo_t) -> ChildChange? {
    // waitid(2) returns 0 with si_pid 0 when nothing has ended: errno says nothing then.
    let pid = linux_si_pid(&record)
    if pid == 0 { return nil }
    let status = linux_si_status(&record)
    let kind: ChildChange.Kind
    switch linux_si_code(&record) {
    case linux_CLD_EXITED: kind = .exited(UInt8(truncatingIfNeeded: status))
    case linux_CLD_STOPPED: kind = .stopped(Signal(status))
    case linux_CLD_CONTINUED: kind = .continued
    case linux_CLD_TRAPPED: kind = .trapped
    // CLD_KILLED, CLD_DUMPED.
    default: kind = .killed(Signal(status))
    }
    return ChildChange(pid: pid, kind: kind)
  }

  /// How a child has ended, without reaping it; nil where it lives.
  ///
  /// The corresponding C function is `waitid` with WNOWAIT.
  public static func peek(_ pid: Int32) -> ChildChange? {
    var record = siginfo_t()
    let options = linux_WEXITED | linux_WNOHANG | linux_WNOWAIT
    let number = UInt32(bitPattern: pid)
    let result = SystemCall.retrying { Int(linux_waitid(linux_P_PID, number, &record, options)) }
    return result == 0 ? change(record: &record) : nil
  }

  /// Lets a child go that has made its parent its tracer and is stopped by that: neither a stop nor an end.
  /// The signal that it was to get it gets, but for the SIGTRAP that says no more than that it is traced and
  /// has executed a program (ptrace(2), PTRACE_TRACEME).
  ///
  /// The corresponding C function is `ptrace` with PTRACE_DETACH.
  public static func letGo(_ pid: Int32) throws(Errno) {
    var record = siginfo_t()
    var signal: Int32 = 0
    if linux_ptrace_signal(pid, &record) == 0 {
      signal = linux_si_signo(&record)
      let isOfExec = linux_si_code(&record) <= 0 && linux_si_pid(&record) == pid
      if signal == Signal.trap.number && isOfExec { signal = 0 }
    }
    // In a stop of another kind than a signal's the number would be none.
    if linux_ptrace_detach(pid, signal) == -1 { throw Errno.last }
  }

  /// Whether there is any child, living or not reaped yet.
  ///
  /// The corresponding C function is `waitid` with WNOWAIT.
  public static var hasChildren: Bool {
    var record = siginfo_t()
    let options = linux_WEXITED | linux_WNOHANG | linux_WNOWAIT
    return SystemCall.retrying { Int(linux_waitid(linux_P_ALL, 0, &record, options)) } != -1
  }

  /// Makes drainit the parent of what its descendants leave behind, where it is not PID 1.
  ///
  /// The corresponding C function is `prctl` with PR_SET_CHILD_SUBREAPER.
  public static func becomeSubreaper() throws(Errno) {
    if linux_prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 { throw Errno.last }
  }
}
