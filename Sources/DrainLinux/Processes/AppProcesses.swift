import CLinux
import DrainCore

/// Walks the app's processes by /proc: as PID 1, or with `--hold`, every other one, else drainit's
/// descendants.
public struct AppProcesses: ~Copyable {
  private var directory: FileDescriptor?
  private var entries: ByteBuffer
  private var walk = DirectoryEntries()
  private var text: ByteBuffer
  private var path: ByteBuffer
  private let own: Int32
  private let isAll: Bool

  /// Reserves the buffers.
  ///
  /// - Parameter all: whether every other process is the app's, whoever started it.
  public init(all: Bool) {
    entries = ByteBuffer(capacity: 4_096)
    // The lines before `Uid:` in /proc/PID/status, and the whole of /proc/PID/stat, are shorter.
    text = ByteBuffer(capacity: 1_024)
    path = ByteBuffer(capacity: 40)
    own = getpid()
    isAll = all || own == 1
  }

  /// Begins a walk; false where there is no /proc.
  public mutating func begin() -> Bool {
    directory = ProcFile.open("/proc", isDirectory: true)
    entries.removeAll()
    walk = DirectoryEntries()
    return directory != nil
  }

  /// The next process of the app, or nil after the last.
  public mutating func next() -> Int32? {
    while let pid = nextProcess() {
      if pid != own && (isAll || isDescendant(pid)) { return pid }
    }
    directory = nil
    return nil
  }

  /// Opens /proc/PID/fd; nil where it may not be read (EACCES) or the process is gone.
  public mutating func descriptors(of pid: Int32) -> FileDescriptor? {
    write(pid, "/fd")
    return ProcFile.open(path, in: AT_FDCWD, isDirectory: true)
  }

  /// The user whose sockets the process makes; nil where it is gone.
  public mutating func user(of pid: Int32) -> UInt32? {
    if !read(pid, "/status") { return nil }
    return ProcText.fileSystemUser(text.bytes)
  }

  private mutating func nextProcess() -> Int32? {
    while true {
      var step = walk
      while let name = step.next(in: entries.bytes) {
        walk = step
        // What is not a number is not a process.
        if let pid = entries.bytes.decimal(name), pid <= UInt64(Int32.max) {
          return Int32(truncatingIfNeeded: pid)
        }
      }
      if !readEntries() { return nil }
      walk = DirectoryEntries()
    }
  }

  private mutating func readEntries() -> Bool {
    guard let open = directory.take() else { return false }
    let count = ProcFile.entries(open, into: &entries)
    directory = consume open
    return count > 0
  }

  private mutating func isDescendant(_ pid: Int32) -> Bool {
    var ancestor = pid
    // A bound, for pids that are reused while we climb.
    for _ in 0..<64 {
      if !read(ancestor, "/stat") { return false }
      guard let parent = ProcText.parent(text.bytes), parent > 1 || own == 1 else { return false }
      if parent == own { return true }
      ancestor = parent
    }
    return false
  }

  private mutating func read(_ pid: Int32, _ file: StaticString) -> Bool {
    write(pid, file)
    guard let open = ProcFile.open(path, in: AT_FDCWD) else { return false }
    text.removeAll()
    return ProcFile.read(open, into: &text) > 0
  }

  private mutating func write(_ pid: Int32, _ file: StaticString) {
    path.removeAll()
    path.append("/proc/")
    path.append(decimal: Int64(pid))
    path.append(file)
    path.append(0)
  }
}
