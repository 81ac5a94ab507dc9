import CLinux

/// Descriptors 0, 1 and 2, which must never become something else: whoever writes to the error output
/// would write there.
public enum StandardDescriptors {
  /// Makes the error output that of PID 1, the container's log, where it may be opened and somebody
  /// reads it: what a preStop hook writes goes nowhere else (proc(5), /proc/PID/fd). In another namespace's
  /// /proc that would be a stranger's.
  public static func takeLog() {
    do throws(Errno) {
      // Without O_NONBLOCK an open waits for a FIFO's reader.
      let log = try SystemCall.open("/proc/1/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK)
      // A description of our own, which hooks' programs have, too: they expect to wait.
      _ = linux_fcntl(log.number, F_SETFL, Int(O_APPEND))
      _ = dup2(log.number, STDERR_FILENO)
    } catch {}
  }

  /// Opens those that are closed, close-on-exec, so that a child finds them closed as before.
  public static func fill() {
    for number in Int32(0)...2 where !SystemCall.isOpen(number) {
      // The lowest free number is the one that open(2) takes.
      var filler = linux_open("/dev/null", O_RDWR | O_CLOEXEC, 0)
      // Without /dev anything that is a descriptor will do.
      if filler < 0 { filler = epoll_create1(linux_EPOLL_CLOEXEC) }
      if filler > number { _ = close(filler) }
    }
  }
}
