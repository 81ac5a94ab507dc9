import CLinux
import DrainCore

/// The two clocks: one that only goes forward, for deadlines, and the calendar's, for log lines.
///
/// Both are read in the process itself (vdso(7), which static musl finds, too): no system call.
public enum Clock {
  /// The moment that it is now.
  ///
  /// CLOCK_MONOTONIC, which stands still while the machine is suspended, and not CLOCK_BOOTTIME:
  /// while it stands still no balancer learns anything, so a drain window must not end by it; the
  /// platform's own grace is counted on it, and so is epoll's timeout.
  public static func now() -> Instant {
    let time = read(CLOCK_MONOTONIC)
    return Instant(nanoseconds: time.nanoseconds)
  }

  /// The time of day: since 1 January 1970, UTC.
  public static func sinceEpoch() -> Interval { read(CLOCK_REALTIME) }

  /// How much of the processor drainit has used, for work that is to keep within a share of it.
  ///
  /// The calling thread's: drainit has no other, but a test runner has, whose work is not drainit's.
  public static func processorTime() -> Interval { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Interval {
    var time = timespec()
    // It fails only for a clock that does not exist (clock_gettime(2)); zero stands for that.
    _ = clock_gettime(clock, &time)
    return .seconds(Int64(time.tv_sec)) + Interval(nanoseconds: Int64(time.tv_nsec))
  }
}
