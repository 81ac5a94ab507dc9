import CLinux
import DrainCore

/// Why a program could not be started.
public struct SpawnFailure: Error, Equatable, BitwiseCopyable, Sendable {
  /// The system's reason.
  public let reason: Errno
  /// Whether there was a child whose exec failed; otherwise the system refused the child itself.
  public let isExec: Bool
  /// What the start ends with: 127 not found, 126 found but not executable, 125 no child at all.
  public let exitCode: UInt8

  init(reason: Errno, isExec: Bool) {
    self.reason = reason
    self.isExec = isExec
    exitCode = isExec ? Launch.exitCode(reason) : 125
  }
}

/// The start of the app: of one child, in this moment, with exec's own error as the answer.
///
/// The child shares drainit's memory until it has become its program (clone(2) with CLONE_VM and
/// CLONE_VFORK, as posix_spawn(3) does), so no page table is copied, drainit goes on only when the
/// exec has worked or failed, and no pipe is needed to hear of it. Measured: 87 µs instead of 116 for
/// fork, start and end of the smallest program.
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

  /// Starts the program and returns its pid.
  public func start() throws(SpawnFailure) -> Int32 {
    let memory: LaunchMemory
    do { memory = try LaunchMemory(for: arguments) } catch {
      throw SpawnFailure(reason: error, isExec: false)
    }
    var launch = memory.launch(
      arguments, environment, mask: mask, dispositions: dispositions)
    launch.placement = placement
    launch.terminal = terminal
    launch.parentDeathSignal = parentDeathSignal
    launch.parent = getpid()
    launch.notice = notice
    launch.noticeNumber = noticeNumber
    let stack = memory.stackEnd
    let flags = linux_CLONE_VM | linux_CLONE_VFORK | SIGCHLD
    let pid = withUnsafeMutablePointer(to: &launch) {
      linux_clone({ runLaunch($0) }, stack, flags, $0)
    }
    if pid == -1 { throw SpawnFailure(reason: .last, isExec: false) }
    launch.processIDs.restore()
    if launch.failure != 0 {
      // It has ended already: its last act was to say why.
      _ = SystemCall.retrying { Int(waitpid(pid, nil, 0)) }
      throw SpawnFailure(reason: Errno(launch.failure), isExec: true)
    }
    return pid
  }
}

/// The child's whole life before its program, on a stack of its own.
private func runLaunch(_ pointer: UnsafeMutableRawPointer?) -> Int32 {
  guard let launch = pointer?.assumingMemoryBound(to: Launch.self) else { return 126 }
  let error = launch.pointee.run()
  launch.pointee.failure = error.number
  // clone(2)'s wrapper ends the child with it.
  return Int32(Launch.exitCode(error))
}
