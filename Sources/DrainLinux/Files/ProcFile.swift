import CLinux
import DrainCore

/// Reading of /proc: its files and directories are made when they are read, and reading never waits.
enum ProcFile {
  /// Opens a path, NUL included, below a directory descriptor or AT_FDCWD; errno says why not.
  static func open(
    _ path: borrowing ByteBuffer, in directory: Int32, isDirectory: Bool = false
  ) -> FileDescriptor? {
    let flags = O_RDONLY | O_CLOEXEC | (isDirectory ? linux_O_DIRECTORY : 0)
    let number: Int32 = path.withBytes { bytes in
      guard let start = bytes.baseAddress else { return -1 }
      return linux_openat(directory, start.assumingMemoryBound(to: CChar.self), flags, 0)
    }
    return FileDescriptor(owning: number)
  }

  /// Opens a path that is known when drainit is built.
  static func open(_ path: StaticString, isDirectory: Bool = false) -> FileDescriptor? {
    let flags = O_RDONLY | O_CLOEXEC | (isDirectory ? linux_O_DIRECTORY : 0)
    let length = path.utf8CodeUnitCount
    let number = path.utf8Start.withMemoryRebound(to: CChar.self, capacity: length) {
      linux_openat(AT_FDCWD, $0, flags, 0)
    }
    return FileDescriptor(owning: number)
  }

  /// Reads what fits into the buffer's free part; 0 at the end, -1 on an error.
  static func read(_ file: borrowing FileDescriptor, into buffer: inout ByteBuffer) -> Int {
    let number = file.number
    return filled(&buffer) { CLinux.read(number, $0, $1) }
  }

  /// Reads the next entries of a directory into the buffer, which is emptied; 0 at the end.
  static func entries(_ directory: borrowing FileDescriptor, into buffer: inout ByteBuffer) -> Int {
    buffer.removeAll()
    let number = directory.number
    return filled(&buffer) {
      linux_syscall(Int(SYS_getdents64), Int(number), Int(bitPattern: $0), $1, 0, 0, 0)
    }
  }

  /// Reads where the link of that name, NUL included, points to into the buffer, which is emptied.
  static func link(
    _ name: borrowing ByteBuffer, in directory: borrowing FileDescriptor,
    into buffer: inout ByteBuffer
  ) -> Int {
    link(name, in: directory.number, into: &buffer)
  }

  /// The same below a directory's descriptor or AT_FDCWD.
  static func link(
    _ name: borrowing ByteBuffer, in number: Int32, into buffer: inout ByteBuffer
  ) -> Int {
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
