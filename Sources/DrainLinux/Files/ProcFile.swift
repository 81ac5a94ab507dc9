import CLinux
import DrainCore

/// Reading of /proc: its files and directories are made when they are read, and reading never waits.
enum ProcFile {
  /// Opens a path that is known when drainit is built.
  static func open(_ path: StaticString, isDirectory: Bool = false) -> FileDescriptor? {
    let flags = O_RDONLY | O_CLOEXEC | (isDirectory ? linux_O_DIRECTORY : 0)
    // A StaticString literal of more than one character ends in a zero byte.
    let start = UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self)
    return FileDescriptor(owning: linux_openat(AT_FDCWD, start, flags, 0))
  }

  /// Opens `/proc/NUMBER` with what follows, or below a directory's descriptor `NUMBER` with it.
  @inline(never) static func open(
    _ number: Int32, _ file: StaticString, in directory: Int32? = nil, isDirectory: Bool = false
  ) -> FileDescriptor? {
    // The longest is /proc/NUMBER/task, and TID/children.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { path in
      let root: StaticString = directory == nil ? "/proc/" : ""
      let before = root.utf8CodeUnitCount
      let after = file.utf8CodeUnitCount
      guard let start = path.baseAddress, before &+ NumberText.longest &+ after < path.count
      else { return nil }
      memcpy(start, root.utf8Start, before)
      let used = before &+ NumberText.write(number, to: start + before)
      memcpy(start + used, file.utf8Start, after)
      start[used &+ after] = 0
      let flags = O_RDONLY | O_CLOEXEC | (isDirectory ? linux_O_DIRECTORY : 0)
      let opened = SystemCall.retrying { Int(linux_openat(directory ?? AT_FDCWD, start, flags, 0)) }
      return FileDescriptor(owning: Int32(truncatingIfNeeded: opened))
    }
  }

  /// Reads what fits into the buffer's free part; 0 at the end, -1 on an error.
  static func read(_ file: borrowing FileDescriptor, into buffer: inout ByteBuffer) -> Int {
    let number = file.number
    return filled(&buffer) { CLinux.read(number, $0, $1) }
  }

  /// Reads the next entries of a directory; 0 at the end, -1 on an error.
  ///
  /// The corresponding C function is `getdents64`.
  static func entries(_ directory: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
    SystemCall.retrying {
      linux_syscall(
        Int(SYS_getdents64), Int(directory), Int(bitPattern: bytes.baseAddress), bytes.count, 0, 0,
        0)
    }
  }

  /// Reads where the link of that name, NUL included, points to into the buffer, which is emptied.
  static func link(
    _ name: borrowing ByteBuffer, in directory: borrowing FileDescriptor,
    into buffer: inout ByteBuffer
  ) -> Int {
    let number = directory.number
    buffer.removeAll()
    return name.withBytes { text in
      guard let start = text.baseAddress else { return -1 }
      return filled(&buffer) { bytes, room in
        readlinkat(
          number, start.assumingMemoryBound(to: CChar.self),
          bytes.assumingMemoryBound(to: CChar.self), room)
      }
    }
  }

  private static func filled(
    _ buffer: inout ByteBuffer, _ call: (UnsafeMutableRawPointer, Int) -> Int
  ) -> Int {
    var result = 0
    buffer.fill {
      guard let start = $0.baseAddress else { return 0 }
      repeat {
        result = call(start, $0.count)
      } while result < 0 && Errno.last.isInterrupted
      return result
    }
    return result
  }
}
