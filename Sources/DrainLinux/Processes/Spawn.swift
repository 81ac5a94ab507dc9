import CLinux
import DrainCore

/// Why a program could not be started.
public struct SpawnFailure: Error, Sendable {
  /// The system's reason.
  public let reason: Errno
  /// Whether there was a child whose exec failed; otherwise the system refused the child itself.
  public let isExec: Bool
  /// What the start ends with: 127 not found, 126 found but not executable, 125 no child at all.
  public let exitCode: UInt8
  /// What was in the way, where the reason does not say it.
  public let obstacle: ProgramObstacle?

  init(reason: Errno, isExec: Bool, obstacle: ProgramObstacle? = nil) {
    self.reason = reason
    self.isExec = isExec
    self.obstacle = obstacle
    exitCode = isExec ? Launch.exitCode(reason) : 125
  }
}

/// The start of the app, with exec's own error as the answer, sooner or later.
///
/// The child shares drainit's memory until it has become its program (clone(2) with CLONE_VM), so no page table
/// is copied: that and the pages copied afterwards would make a start a quarter longer. As vfork(2) does it, but
/// for the parent's wait: an exec may be held (`ExecWatch`), with drainit deaf for as long.
public struct Spawn: BitwiseCopyable {
  /// The argument vector, the program's name first, a null at its end.
  public var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  /// The environment, a null at its end; LISTEN_PID and WATCHDOG_PID that name drainit name the app.
  public var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  /// The signal mask that the child starts with.
  public var mask: SignalSet
  /// What drainit has changed of the dispositions, to be put back.
  public var dispositions: Dispositions
  /// Where the child belongs among process groups.
  public var placement = Placement.group
  /// The terminal whose foreground the child's group becomes, or -1 for none.
  public var terminal: Int32 = -1
  /// The signal that the child gets when drainit ends (PR_SET_PDEATHSIG), or none.
  public var parentDeathSignal = Signal.none
  /// A descriptor that the child gets, and as which number; -1 for none. With a number and no
  /// descriptor the start fails (EBADF).
  public var notice: Int32 = -1
  public var noticeNumber: Int32 = -1

  public init(
    arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, mask: SignalSet,
    dispositions: Dispositions
  ) {
    self.arguments = arguments
    self.environment = environment
    self.mask = mask
    self.dispositions = dispositions
  }

  /// Begins to start the program.
  public func begin() throws(SpawnFailure) -> ExecWatch {
    do throws(Errno) {
      var memory = try LaunchMemory(for: arguments)
      let pipe = try Pipe()
      let parent = getpid()
      var launch = memory.launch(
        arguments, environment, naming: parent, mask: mask, dispositions: dispositions)
      launch.placement = placement
      launch.terminal = terminal
      launch.parentDeathSignal = parentDeathSignal
      launch.parent = parent
      launch.notice = notice
      launch.noticeNumber = noticeNumber
      launch.writer = pipe.writer.number
      let kept = memory.keep(launch)
      let flags = linux_CLONE_VM | SIGCHLD
      var pid = linux_clone({ runLaunch($0) }, memory.stackEnd, flags, kept)
      // Where another machine is played (qemu-user) there is no such child.
      if pid == -1 && Errno.last.number == EINVAL { pid = Spawn.fork(kept) }
      if pid == -1 { throw Errno.last }
      // Both sides do it: whichever is first, a signal to the group finds it (setpgid(2)).
      if placement == .group { _ = setpgid(pid, pid) }
      return ExecWatch(pid, pipe.reader, memory.leave(), launch.processIDs)
    } catch {
      throw SpawnFailure(reason: error, isExec: false)
    }
  }

  /// Has a child look at what was in the way of the program, in this directory; nil for where drainit is. That
  /// may take as long as the exec did. The answer comes as the exec's would, and the child ends as its would.
  public func look(
    after reason: Errno, from directory: UnsafePointer<CChar>?
  ) throws(Errno) -> ExecWatch {
    let pipe = try Pipe()
    let pid = fork(lookingAfter: reason, from: directory, telling: pipe.writer.number)
    if pid == -1 { throw Errno.last }
    if placement == .group { _ = setpgid(pid, pid) }
    return ExecWatch(pid, pipe.reader)
  }

  // Nothing that owns is alive in the two, where the child ends.

  private static func fork(_ launch: UnsafeMutablePointer<Launch>) -> Int32 {
    let child = linux_fork()
    if child != 0 { return child }
    _exit(runLaunch(UnsafeMutableRawPointer(launch)))
  }

  private func fork(
    lookingAfter reason: Errno, from directory: UnsafePointer<CChar>?, telling writer: Int32
  ) -> Int32 {
    let child = linux_fork()
    if child != 0 { return child }
    _exit(look(after: reason, from: directory, telling: writer))
  }

  @inline(never) private func look(
    after reason: Errno, from directory: UnsafePointer<CChar>?, telling writer: Int32
  ) -> Int32 {
    // It is signalled as the app is.
    if placement == .group { _ = setpgid(0, 0) }
    _ = linux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
    dispositions.restore()
    var original = mask.bits
    _ = linux_sigprocmask(linux_SIG_SETMASK, &original, nil)
    if let directory { _ = chdir(directory) }
    ExecWatch.tell(reason, ProgramLook.obstacle(arguments, environment, reason), on: writer)
    return Int32(Launch.exitCode(reason))
  }
}

/// The child's whole life before its program, on a stack of its own.
private func runLaunch(_ pointer: UnsafeMutableRawPointer?) -> Int32 {
  guard let launch = pointer?.assumingMemoryBound(to: Launch.self) else { return 126 }
  // The number that the app is promised is given to its own pipe.
  if launch.pointee.writer == launch.pointee.noticeNumber {
    launch.pointee.writer = Int32(
      truncatingIfNeeded: linux_bare_call(
        Int(SYS_fcntl), Int(launch.pointee.writer), Int(F_DUPFD_CLOEXEC), 3))
  }
  let error = launch.pointee.run()
  ExecWatch.tell(error, on: launch.pointee.writer)
  // clone(2)'s wrapper ends the child with it.
  return Int32(Launch.exitCode(error))
}
