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
    if opened(path) != nil { return .there }
    switch Errno.last.number {
    case ENOENT, ENOTDIR: return .absent
    // EAGAIN is "not at hand"; ENOSYS, EINVAL and EPERM are kernels and profiles without the call.
    default: return nil
    }
  }

  /// Whether a socket is there, by an absolute path with a zero behind it; false where the kernel would have
  /// to ask a file system.
  public static func isSocket(_ path: UnsafePointer<CChar>) -> Bool {
    guard path[0] == CChar(bitPattern: UInt8(ascii: "/")), let file = opened(path) else {
      return false
    }
    var status = stat()
    return fstat(file.number, &status) == 0 && linux_file_type(&status) == linux_S_IFSOCK
  }

  /// The file, opened for nothing but to be named, where the kernel has the way to it at hand.
  private static func opened(_ path: UnsafePointer<CChar>) -> FileDescriptor? {
    // struct open_how: flags, mode, resolve.
    var how: InlineArray<3, UInt64> = [
      UInt64(UInt32(bitPattern: linux_O_PATH | O_CLOEXEC)), 0, 0x20,
    ]
    let size = MemoryLayout<InlineArray<3, UInt64>>.size
    let result = withUnsafeMutableBytes(of: &how) {
      linux_syscall(
        437, Int(AT_FDCWD), Int(bitPattern: path), Int(bitPattern: $0.baseAddress), size, 0, 0)
    }
    return FileDescriptor(owning: Int32(truncatingIfNeeded: result))
  }
}
