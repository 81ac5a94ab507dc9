import CLinux
import DrainCore

/// Where a child belongs among process groups (credentials(7)).
public enum Placement: UInt8, BitwiseCopyable, Sendable {
  /// In drainit's own group.
  case parentGroup
  /// The leader of a group of its own.
  case group
  /// The leader of a session of its own, without a controlling terminal.
  case session
}

/// Where a child's standard input, output and error go.
public enum StandardStreams: UInt8, BitwiseCopyable, Sendable {
  /// Where drainit's go.
  case inherited
  /// All three to /dev/null.
  case silent
  /// Input from /dev/null, output and error to drainit's error output, which must be open.
  case error
}

/// What a child does between its start and its program, given whole beforehand.
///
/// The app's child shares drainit's memory, and drainit goes on while its exec is held: so nothing is allocated
/// here, nothing written but this, and whatever may fail in the app's child leaves errno alone.
struct Launch: BitwiseCopyable {
  var search: ProgramSearch
  var placement = Placement.group
  var streams = StandardStreams.inherited
  /// The terminal whose foreground the child's group becomes, or -1.
  var terminal: Int32 = -1
  /// The signal that the child gets when drainit ends, or none.
  var parentDeathSignal = Signal.none
  var parent: Int32 = 0
  /// Where the child starts; nil for where drainit is.
  var directory: UnsafePointer<CChar>?
  var mask: SignalSet
  var dispositions: Dispositions
  var processIDs: ProcessIDEntries
  /// A descriptor that the child gets, and as which number; -1 for none.
  var notice: Int32 = -1
  var noticeNumber: Int32 = -1
  /// The pipe that is told why the program could not be executed; -1 where nobody reads it.
  var writer: Int32 = -1

  /// What a child ends with when its program cannot be executed, as a shell has it.
  static func exitCode(_ error: Errno) -> UInt8 {
    error.number == ENOENT || error.number == ENOTDIR ? 127 : 126
  }

  /// Becomes the program; it returns only where that failed, with the reason.
  func run() -> Errno {
    let own = getpid()
    switch placement {
    case .parentGroup: break
    case .group: _ = setpgid(0, 0)
    case .session: _ = setsid()
    }
    // SIGTTOU is still blocked: a process outside of the foreground may change it then (tty(4)).
    if terminal >= 0 {
      var group = own
      _ = withUnsafeMutablePointer(to: &group) {
        linux_bare_call(
          Int(SYS_ioctl), Int(terminal), Int(linux_TIOCSPGRP), Int(bitPattern: $0))
      }
    }
    if parentDeathSignal.isValid {
      _ = linux_prctl(PR_SET_PDEATHSIG, UInt(UInt32(bitPattern: parentDeathSignal.number)))
      // drainit may have ended before that call: no signal comes then (prctl(2)).
      if getppid() != parent { return Errno(ESRCH) }
    }
    if let directory, chdir(directory) == -1 { _ = chdir("/") }
    connectStreams()
    processIDs.rename(to: own)
    // In either order: of what may be pending, since it is blocked, drainit has changed nothing but SIGCHLD,
    // and who has no children gets none.
    dispositions.restore()
    var original = mask.bits
    _ = linux_sigprocmask(linux_SIG_SETMASK, &original, nil)
    if notice == noticeNumber {
      if notice >= 0 { _ = linux_fcntl(notice, F_SETFD, 0) }
    } else {
      let result = linux_bare_call(Int(SYS_dup3), Int(notice), Int(noticeNumber), 0)
      if result < 0 { return Errno(Int32(-result)) }
    }
    return search.execute()
  }

  private func connectStreams() {
    if streams == .inherited { return }
    // The lowest free number is taken, so /dev/null becomes 0, whatever 0 was in drainit.
    _ = close(0)
    let null = linux_open("/dev/null", O_RDWR, 0)
    if null > 0 {
      _ = dup2(null, 0)
      _ = close(null)
    }
    if streams == .silent {
      if null < 0 { _ = close(2) } else { _ = dup2(0, 2) }
    }
    if dup2(2, 1) == -1 { _ = close(1) }
  }
}
