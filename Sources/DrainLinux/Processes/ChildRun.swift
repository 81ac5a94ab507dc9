import CLinux
import DrainCore

/// A check's or a hook's program: a child in a group of its own, so that it is killed with all that
/// it started.
///
/// By fork(2), which returns at once: an exec from a file system that hangs must not stop drainit,
/// and here it only keeps the child busy. A program that cannot be executed ends as a shell's would,
/// with 126 or 127. The `Reaper` tells of its end.
public struct ChildRun: Equatable, BitwiseCopyable, Sendable {
  /// The child, and its group.
  public let pid: Int32

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - arguments: the argument vector, a null at its end.
  ///   - environment: the environment, a null at its end.
  ///   - directory: where it starts; nil for where drainit is, and `/` where that is no more.
  ///   - streams: where its output goes.
  ///   - mask: the signal mask that drainit was started with.
  ///   - dispositions: what drainit has changed of its own.
  ///   - complains: whether `complain` is called, in the child, where the program cannot be executed: with
  ///     the reason, and drainit's error output as a descriptor of the child's.
  public init(
    arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    directory: UnsafePointer<CChar>?, streams: StandardStreams, mask: SignalSet,
    dispositions: Dispositions, complains: Bool = false,
    complain: (Errno, Int32) -> Void = { _, _ in }
  ) throws(Errno) {
    let parent = getpid()
    pid = linux_fork()
    if pid == -1 { throw Errno.last }
    if pid == 0 {
      _exit(
        ChildRun.become(
          arguments, environment, directory, streams, mask, dispositions, parent: parent,
          complains, complain))
    }
    // Both sides do it: whichever is first, a kill of the group finds it (setpgid(2)).
    _ = setpgid(pid, pid)
  }

  /// The child's side; returns its code where the program could not be executed. Nothing that owns
  /// is alive where `_exit` is called.
  private static func become(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ directory: UnsafePointer<CChar>?, _ streams: StandardStreams, _ mask: SignalSet,
    _ dispositions: Dispositions, parent: Int32, _ complains: Bool,
    _ complain: (Errno, Int32) -> Void
  ) -> Int32 {
    // Before the streams are the program's. It is closed when that begins.
    let log = !complains ? -1 : linux_fcntl(2, F_DUPFD_CLOEXEC, 3)
    do throws(Errno) {
      let memory = try LaunchMemory(for: arguments)
      // What names drainit is meant for the app alone.
      var launch = memory.launch(
        arguments, environment, naming: getpid(), mask: mask, dispositions: dispositions)
      launch.directory = directory
      launch.streams = streams
      launch.parent = parent
      launch.parentDeathSignal = .kill
      let error = launch.run()
      if log >= 0 { complain(error, log) }
      return Int32(Launch.exitCode(error))
    } catch {
      return 126
    }
  }
}
