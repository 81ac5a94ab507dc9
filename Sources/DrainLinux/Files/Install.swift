import CLinux
import DrainCore

/// Copies drainit's own executable, for an init container of an image that has no `cp`.
public enum Install {
  /// Puts a copy at `path`, or as `drainit` into the directory that is there: with mode 0755, and whole
  /// or not at all, by renaming a file beside it (rename(2)).
  ///
  /// - Throws: the reason, where drainit cannot be read or the copy cannot be made.
  public static func copy(to path: [UInt8]) throws(Errno) {
    let source = try SystemCall.openExecutable(O_RDONLY)
    var target = ByteBuffer(capacity: path.count &+ 64)
    target.append(path)
    if isDirectory(&target) { target.append("/drainit") }
    var partial = ByteBuffer(capacity: target.capacity)
    partial.append(target.bytes)
    // Not the pid: init containers that share a directory of the host's may run at once, all as 1.
    partial.append(".")
    partial.append(decimal: Clock.sinceEpoch().nanoseconds)
    let reason = withPath(&target) { target in
      withPath(&partial) { put(source, at: target, by: $0) }
    }
    if let reason { throw reason }
  }

  private static func put(
    _ source: borrowing FileDescriptor, at target: UnsafePointer<CChar>,
    by partial: UnsafePointer<CChar>
  ) -> Errno? {
    do throws(Errno) {
      let copy = try SystemCall.open(partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
      do throws(Errno) {
        try SystemCall.copy(source, to: copy)
        // The mode was none so far: nobody can have executed a part of it.
        if fchmod(copy.number, 0o755) != 0 || fsync(copy.number) != 0 { throw Errno.last }
        if rename(partial, target) != 0 { throw Errno.last }
      } catch {
        _ = unlink(partial)
        throw error
      }
      return nil
    } catch {
      return error
    }
  }

  private static func isDirectory(_ path: inout ByteBuffer) -> Bool {
    withPath(&path) {
      do throws(Errno) {
        _ = try SystemCall.open($0, linux_O_PATH | linux_O_DIRECTORY)
        return true
      } catch {
        return false
      }
    }
  }

  /// Calls `body` with the path and a zero byte behind it, which is taken away again.
  private static func withPath<R>(
    _ path: inout ByteBuffer, _ body: (UnsafePointer<CChar>) -> R
  ) -> R {
    let length = path.count
    path.append(0)
    defer { path.truncate(to: length) }
    return path.withBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
  }
}

extension SystemCall {
  /// Opens drainit's own executable, close-on-exec.
  static func openExecutable(_ flags: Int32) throws(Errno) -> FileDescriptor {
    do { return try open("/proc/self/exe", flags) } catch {
      // getauxval(3): the name that the kernel was given, from the directory that it was given in.
      guard let name = linux_executable_name() else { throw error }
      return try open(name, flags)
    }
  }

  /// Copies a file's bytes, from where each of the two is to the end of the source.
  ///
  /// The corresponding C function is `sendfile`.
  static func copy(
    _ source: borrowing FileDescriptor, to target: borrowing FileDescriptor
  ) throws(Errno) {
    // As much as one call moves (sendfile(2)).
    let most = 0x7fff_f000
    while true {
      let count = retrying { sendfile(target.number, source.number, nil, most) }
      if count < 0 { throw Errno.last }
      if count == 0 { return }
    }
  }
}
