import CLinux
import DrainCore

/// What the kernel tells of a process by its files in `/proc` (proc(5)), without ever waiting: `stat`
/// and `comm` take no lock that a stuck process could hold, `cmdline` would.
public enum ProcessFiles {
  // stat's line is about 300 bytes; what is wanted of it stands in the first 100.
  private static var statRoom: Int { 512 }

  /// The process's own status; nil where there is none, or no `/proc`.
  public static func stat(_ pid: Int32) -> ProcessStat? {
    withUnsafeTemporaryAllocation(byteCount: statRoom, alignment: 1) { buffer in
      let length = read(pid, "/stat", into: buffer)
      let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: length)
      return ProcessStat(Span(_unsafeBytes: bytes))
    }
  }

  /// Whether `/proc` is there and names processes as this namespace does: a container may see its host's.
  ///
  /// The corresponding C function is `readlink`, of /proc/self.
  static var areOurs: Bool {
    @inline(never) get {
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { text in
        let name: StaticString = "/proc/self"
        let path = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        let length = readlink(path, text.baseAddress!, text.count)
        var pid: Int32 = 0
        for index in 0..<max(0, length) {
          pid = pid &* 10 &+ Int32(text[index]) &- Int32(UInt8(ascii: "0"))
        }
        return length > 0 && pid == getpid()
      }
    }
  }

  // Beside the groups, which may be many, status has about 1.4 KB.
  private static var statusRoom: Int { 4096 }

  /// The signals that the process catches, or ignores; nil where that cannot be known.
  public static func signals(_ pid: Int32, _ kind: ProcessSignals.Kind) -> SignalSet? {
    withUnsafeTemporaryAllocation(byteCount: statusRoom, alignment: 1) { buffer in
      let length = read(pid, "/status", into: buffer)
      let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: length)
      return ProcessSignals.set(kind, in: Span(_unsafeBytes: bytes))
    }
  }

  /// Opens the file with the name of the program that a process is at any moment, for `name(in:)`.
  public static func openName(_ pid: Int32) -> FileDescriptor? { open(pid, "/comm") }

  /// The name of the program that the process is now; empty where it cannot be known.
  ///
  /// The corresponding C function is `pread`: the kernel makes the text anew at each.
  public static func name(in file: Int32) -> ProgramName {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
      let result = SystemCall.retrying { CLinux.pread(file, buffer.baseAddress, buffer.count, 0) }
      let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: max(result, 0))
      return ProgramName(Span(_unsafeBytes: bytes))
    }
  }

  /// The name of the program that the process is at this moment; empty where it cannot be known.
  public static func name(_ pid: Int32) -> ProgramName {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
      let length = read(pid, "/comm", into: buffer)
      let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: length)
      return ProgramName(Span(_unsafeBytes: bytes))
    }
  }

  /// Whether a process above this one is the same program by its name.
  public static var hasNamesakeAbove: Bool {
    guard var process = stat(getpid()) else { return false }
    let name = process.name
    // Deeper than any container's processes are.
    for _ in 0..<64 {
      guard process.parent > 0, let parent = stat(process.parent) else { return false }
      if parent.name == name { return true }
      process = parent
    }
    return false
  }

  /// Reads the beginning of a process's file and returns how many bytes it gave, 0 on any error.
  private static func read(
    _ pid: Int32, _ file: StaticString, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard let descriptor = open(pid, file),
      case .bytes(let length) = SystemCall.read(descriptor.number, into: buffer)
    else { return 0 }
    return length
  }

  private static func open(_ pid: Int32, _ file: StaticString) -> FileDescriptor? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { path in
      let root: StaticString = "/proc/"
      let before = root.utf8CodeUnitCount
      let after = file.utf8CodeUnitCount
      guard let start = path.baseAddress, before &+ NumberText.longest &+ after < path.count
      else { return nil }
      memcpy(start, root.utf8Start, before)
      let used = before &+ NumberText.write(pid, to: start + before)
      memcpy(start + used, file.utf8Start, after)
      start[used &+ after] = 0
      do throws(Errno) { return try SystemCall.open(start, O_RDONLY) } catch { return nil }
    }
  }
}
