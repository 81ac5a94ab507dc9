import CLinux
import DrainCore

/// What the kernel tells of a process by its files in `/proc` (proc(5)), without ever waiting: `stat`
/// and `comm` take no lock that a stuck process could hold, `cmdline` would.
public enum ProcessFiles {
  // stat's line is about 300 bytes; what is wanted of it stands in the first 100.
  private static var statRoom: Int { 512 }

  /// The process's own status; nil where there is none, or no `/proc`.
  public static func stat(_ pid: Int32) -> ProcessStat? {
    withText(pid, "/stat", room: statRoom) { ProcessStat($0) }
  }

  /// Whether `/proc` is there and names processes as this namespace does: a container may see its host's.
  ///
  /// The corresponding C function is `readlink`, of /proc/self.
  public static var areOurs: Bool {
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
    withText(pid, "/status", room: statusRoom) { ProcessSignals.set(kind, in: $0) }
  }

  /// The user whose sockets the process makes; nil where it is gone or hidden.
  static func user(_ pid: Int32) -> UInt32? {
    withText(pid, "/status", room: statusRoom) { ProcText.fileSystemUser($0) }
  }

  /// What the process's cgroup is.
  @inline(never) static func cgroup(_ pid: Int32) -> CgroupPaths {
    var paths = CgroupPaths()
    guard let file = ProcFile.open(pid, "/cgroup") else { return paths }
    var text = InlineArray<1_024, UInt8>(repeating: 0)
    while true {
      var free = text.mutableSpan
      let transfer = free.withUnsafeMutableBytes { SystemCall.read(file.number, into: $0) }
      guard case .bytes(let length) = transfer else { break }
      paths.read(text.span.extracting(first: length))
    }
    return paths
  }

  /// Whether the process is there and cannot be read (hidepid of proc(5)).
  @inline(never) static func isHidden(_ pid: Int32) -> Bool {
    stat(pid) == nil && !(kill(pid, 0) != 0 && Errno.last.number == ESRCH)
  }

  /// Opens the file with the name of the program that a process is at any moment, for `nameText(in:)`.
  ///
  /// Nil where there is none, or in another namespace's `/proc`: there it would be a stranger's.
  public static func openName(_ pid: Int32) -> FileDescriptor? {
    areOurs ? ProcFile.open(pid, "/comm") : nil
  }

  /// The name that the process has now, at most 15 bytes and a line end in the order of memory; 0 where it
  /// cannot be known.
  ///
  /// The corresponding C function is `pread`: the kernel makes the text anew at each.
  public static func nameText(in file: Int32) -> UInt128 {
    var text: UInt128 = 0
    let length = withUnsafeMutableBytes(of: &text) { bytes in
      SystemCall.retrying { CLinux.pread(file, bytes.baseAddress, bytes.count, 0) }
    }
    return length > 0 ? text : 0
  }

  /// Whether a process above this one is the same program by its name.
  public static var hasNamesakeAbove: Bool {
    guard areOurs, var process = stat(getpid()) else { return false }
    let name = process.name
    // Deeper than any container's processes are.
    for _ in 0..<64 {
      guard process.parent > 0, let parent = stat(process.parent) else { return false }
      if parent.name == name { return true }
      process = parent
    }
    return false
  }

  /// Gives the beginning of a process's file, nothing on any error.
  private static func withText<Result>(
    _ pid: Int32, _ file: StaticString, room: Int, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
      var length = 0
      if let descriptor = ProcFile.open(pid, file),
        case .bytes(let count) = SystemCall.read(descriptor.number, into: buffer)
      {
        length = count
      }
      let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: length)
      return body(Span(_unsafeBytes: bytes))
    }
  }
}
