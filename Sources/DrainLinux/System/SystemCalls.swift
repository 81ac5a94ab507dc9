import CLinux

/// The system calls on descriptors, one thin function each; the files beside this one extend it.
///
/// Each is made again where a signal interrupted it: only the seven fault signals are ever handled,
/// and none of them changes what a call was made for.
public enum SystemCall {
  /// Makes the call again for as long as a signal interrupts it.
  @inline(__always) static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result != -1 || !Errno.last.isInterrupted { return result }
    }
  }

  /// What a call that transfers bytes came to; a read of 0 bytes is the end of the file.
  @inline(__always) static func transfer(_ result: Int) -> Transfer {
    if result > 0 { return .bytes(result) }
    if result == 0 { return .endOfFile }
    let error = Errno.last
    return error.isWouldBlock ? .wouldBlock : .failed(error)
  }

  /// Reads what is there, at most as much as fits; the buffer must not be empty.
  ///
  /// The corresponding C function is `read`.
  public static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer)
    -> Transfer
  {
    transfer(retrying { CLinux.read(descriptor, buffer.baseAddress, buffer.count) })
  }

  /// Writes as much as the other side takes; the bytes must not be none.
  ///
  /// The corresponding C function is `write`.
  public static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
    transfer(retrying { CLinux.write(descriptor, bytes.baseAddress, bytes.count) })
  }

  /// Opens a file, close-on-exec, without ever making a terminal the controlling one.
  ///
  /// The corresponding C function is `open`.
  public static func open(_ path: UnsafePointer<CChar>, _ flags: Int32) throws(Errno)
    -> FileDescriptor
  {
    let number = retrying { Int(linux_open(path, flags | O_CLOEXEC | O_NOCTTY, 0)) }
    guard let descriptor = FileDescriptor(owning: Int32(truncatingIfNeeded: number)) else {
      throw Errno.last
    }
    return descriptor
  }

  /// Opens a file of a literal's name, close-on-exec.
  ///
  /// The corresponding C function is `open`.
  public static func open(_ path: StaticString, _ flags: Int32) throws(Errno) -> FileDescriptor {
    // A StaticString literal of more than one character ends in a zero byte.
    try open(UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self), flags)
  }

  /// Whether the number is an open descriptor.
  ///
  /// The corresponding C function is `fcntl` with F_GETFD.
  public static func isOpen(_ descriptor: Int32) -> Bool {
    linux_fcntl(descriptor, F_GETFD, 0) != -1
  }

  /// Makes a descriptor close-on-exec.
  ///
  /// The corresponding C function is `fcntl` with F_SETFD.
  public static func setCloseOnExec(_ descriptor: Int32) {
    _ = linux_fcntl(descriptor, F_SETFD, Int(FD_CLOEXEC))
  }

  /// Closes every descriptor from `first` to `last`, both included.
  ///
  /// The corresponding C function is `close_range` (Linux 5.9), which musl 1.2.3 has no function for.
  static func closeRange(_ first: Int32, _ last: Int32) throws(Errno) {
    let result = linux_syscall(Int(SYS_close_range), Int(first), Int(last), 0, 0, 0, 0)
    if result == -1 { throw Errno.last }
  }
}

/// A pipe's two ends, both close-on-exec and not blocking.
@frozen public struct Pipe: ~Copyable {
  public let reader: FileDescriptor
  public let writer: FileDescriptor

  /// Makes a pipe.
  ///
  /// The corresponding C function is `pipe2`.
  public init() throws(Errno) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) {
      pipe2($0.assumingMemoryBound(to: Int32.self).baseAddress, O_CLOEXEC | O_NONBLOCK)
    }
    guard result == 0, let reader = FileDescriptor(owning: ends.0),
      let writer = FileDescriptor(owning: ends.1)
    else { throw Errno.last }
    self.reader = reader
    self.writer = writer
  }
}
