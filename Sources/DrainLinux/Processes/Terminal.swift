import CLinux
import DrainCore

/// The controlling terminal, and whose turn it is on it (termios(3), tty_ioctl(4)).
public struct Terminal: ~Copyable {
  private let descriptor: FileDescriptor

  /// Opens the controlling terminal; nil where there is none.
  public init?() {
    // /dev/tty and not descriptor 0: a terminal may control us while all three lead elsewhere.
    do { descriptor = try SystemCall.open("/dev/tty", O_RDWR | O_NONBLOCK) } catch { return nil }
  }

  /// The descriptor, for a child that takes the foreground and for whoever closes the others.
  public var number: Int32 { descriptor.number }

  /// The process group in the foreground; nil where the terminal has hung up.
  ///
  /// The corresponding C function is `tcgetpgrp`.
  public var foregroundGroup: Int32? {
    var group: Int32 = 0
    return linux_ioctl(descriptor.number, linux_TIOCGPGRP, &group) == -1 ? nil : group
  }

  /// Whether drainit's own group is in the foreground.
  public var isOurs: Bool { foregroundGroup == getpgrp() }

  /// Puts a group of this session into the foreground. SIGTTOU is blocked in drainit, so it may from
  /// the background.
  ///
  /// The corresponding C function is `tcsetpgrp`.
  public borrowing func give(to group: Int32) throws(Errno) {
    var group = group
    if linux_ioctl(descriptor.number, linux_TIOCSPGRP, &group) == -1 { throw Errno.last }
  }

  /// Takes the foreground back from the app's group, where it has it: in a background job it is
  /// somebody else's, and stays so.
  public borrowing func takeBack(from group: Int32) throws(Errno) {
    if foregroundGroup == group { try give(to: getpgrp()) }
  }
}

/// drainit as a job of a shell's: it stops when its app was stopped, so that the shell sees it.
public enum Job {
  /// Whether a shell could continue drainit. In an orphaned group nobody could (setpgid(2)): the
  /// nearest ancestor outside of it is in another session, or outside of the PID namespace.
  public static var isShells: Bool {
    var ancestor = getppid()
    // A script between the shell and drainit is in the job, too; more than a few are not.
    for _ in 0..<16 {
      if ancestor <= 0 { return false }
      if getpgid(ancestor) != getpgrp() {
        // A shell with job control ignores what a terminal's Ctrl-Z sends; tini, in our session too, does not.
        let ignored = ProcessFiles.signals(ancestor, .ignored)
        return getsid(ancestor) == getsid(0) && ignored?.contains(.tstp) == true
      }
      ancestor = ProcessFiles.stat(ancestor)?.parent ?? 0
    }
    return false
  }

  /// Stops drainit's whole group as the signal that stopped the app would have, the rest of a
  /// pipeline included, and returns when drainit goes on.
  ///
  /// By that very signal's default action: the shell then says the right thing ("tty input"), and
  /// where nobody could continue us the kernel lets the stop fail.
  public static func stop(by signal: Signal) {
    var only = SignalSet()
    only.insert(signal)
    var before: UInt64 = 0
    _ = kill(0, signal.number)
    _ = linux_sigprocmask(linux_SIG_UNBLOCK, &only.bits, &before)
    _ = linux_sigprocmask(linux_SIG_SETMASK, &before, nil)
  }
}
