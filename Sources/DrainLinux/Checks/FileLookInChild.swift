import CLinux
import DrainCore

extension FileLook {
  /// Has a child look, in a group of its own; the `Reaper` tells its end, and the code is a `FileSight`.
  ///
  /// - Parameters:
  ///   - directory: what a relative path begins at; nil for where drainit is.
  ///   - connects: whether it connects to a socket there instead; the code is then an errno, or 0.
  public static func inChild(
    _ path: UnsafePointer<CChar>, from directory: UnsafePointer<CChar>?, connects: Bool = false
  ) throws(Errno) -> Int32 {
    let child = fork(path, directory, connects)
    if child == -1 { throw Errno.last }
    // Both sides do it, as for a program's child: it is killed in the same way.
    _ = setpgid(child, child)
    return child
  }

  /// Nothing that owns a descriptor is alive in here, where the child ends.
  private static func fork(
    _ path: UnsafePointer<CChar>, _ directory: UnsafePointer<CChar>?, _ connects: Bool
  ) -> Int32 {
    let parent = getpid()
    let child = linux_fork()
    if child != 0 { return child }
    _ = setpgid(0, 0)
    _ = linux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
    // What drainit has open would stay open with a child that hangs.
    let kept: InlineArray<1, Int32> = [-1]
    InheritedDescriptors.close(keeping: kept.span)
    if getppid() != parent { _exit(FileSight.unknown.rawValue) }
    if let directory, chdir(directory) == -1 { _exit(FileSight.unknown.rawValue) }
    if connects { _exit(UnixConnect.connect(path)) }
    var facts = stat()
    if stat(path, &facts) == 0 { _exit(FileSight.there.rawValue) }
    let error = Errno.last.number
    _exit((error == ENOENT || error == ENOTDIR ? FileSight.absent : .unknown).rawValue)
  }
}
