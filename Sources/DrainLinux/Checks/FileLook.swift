import CLinux
import DrainCore

/// What a look for a file comes to.
public enum FileSight: Int32, BitwiseCopyable, Sendable {
  case there = 0
  case absent = 1
  /// A directory on the way may not be searched, or is broken.
  case unknown = 2
}

/// Looks whether a file exists, without ever waiting for a file system.
///
/// Where the kernel has the answer in its memory it is asked for that alone; where it has not, a child
/// asks: on a mount whose server is gone such a question blocks for ever.
public enum FileLook {
  /// The answer that the kernel has at hand; nil where it would have to ask a file system.
  ///
  /// The corresponding C function is `openat2` with RESOLVE_CACHED (Linux 5.12).
  public static func cached(_ path: UnsafePointer<CChar>) -> FileSight? {
    // struct open_how: flags, mode, resolve.
    var how: InlineArray<3, UInt64> = [
      UInt64(UInt32(bitPattern: linux_O_PATH | O_CLOEXEC)), 0, 0x20,
    ]
    let size = MemoryLayout<InlineArray<3, UInt64>>.size
    let result = withUnsafeMutableBytes(of: &how) {
      linux_syscall(
        437, Int(AT_FDCWD), Int(bitPattern: path), Int(bitPattern: $0.baseAddress), size, 0, 0)
    }
    if FileDescriptor(owning: Int32(truncatingIfNeeded: result)) != nil { return .there }
    switch Errno.last.number {
    case ENOENT, ENOTDIR: return .absent
    // EAGAIN is "not at hand"; ENOSYS, EINVAL and EPERM are kernels and profiles without the call.
    default: return nil
    }
  }

  /// Has a child look, in a group of its own; the `Reaper` tells its end, and the code is a `FileSight`.
  ///
  /// - Parameter directory: what a relative path begins at; nil for where drainit is.
  public static func inChild(_ path: UnsafePointer<CChar>, from directory: UnsafePointer<CChar>?)
    throws(Errno) -> Int32
  {
    let child = fork(path, directory)
    if child == -1 { throw Errno.last }
    // Both sides do it, as for a program's child: it is killed in the same way.
    _ = setpgid(child, child)
    return child
  }

  /// Nothing that owns a descriptor is alive in here, where the child ends.
  private static func fork(_ path: UnsafePointer<CChar>, _ directory: UnsafePointer<CChar>?)
    -> Int32
  {
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
    var facts = stat()
    if stat(path, &facts) == 0 { _exit(FileSight.there.rawValue) }
    let error = Errno.last.number
    _exit((error == ENOENT || error == ENOTDIR ? FileSight.absent : .unknown).rawValue)
  }
}
