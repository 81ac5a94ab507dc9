import CLinux
import DrainCore

/// Walks the app's processes by /proc: as PID 1, or with `--hold`, every other one, else drainit's
/// descendants.
///
/// These from the top, by each thread's list of children (proc_tid_children(5)): beside a machine's other
/// processes the whole of /proc would be read, and the parents of each, at every look. Where the kernel
/// has no such lists, or they are too long, that is done.
public struct AppProcesses: ~Copyable {
  private var directory: FileDescriptor?
  private var entries: ByteBuffer
  private var walk = DirectoryEntries()
  private var text: ByteBuffer
  private var path: ByteBuffer
  private let own: Int32
  private let isAll: Bool
  /// Children that were not visited yet, as the kernel wrote them: each number has a blank behind it.
  private var children: ByteBuffer
  /// Whether a process of the app's is there that /proc does not show (hidepid=2 of proc(5)).
  public private(set) var hidesSome = false
  /// Whether this walk goes from the top.
  private var isFromTop = false

  // With more threads than that to ask for children, one walk over all processes costs less.
  private static var threadLimit: Int { 1_024 }

  /// Reserves the buffers.
  ///
  /// - Parameter all: whether every other process is the app's, whoever started it.
  public init(all: Bool) {
    entries = ByteBuffer(capacity: 4_096)
    // The lines before `Uid:` in /proc/PID/status, and the whole of /proc/PID/stat, are shorter.
    text = ByteBuffer(capacity: 1_024)
    // The longest is /proc/PID/task/TID/children.
    path = ByteBuffer(capacity: 48)
    // A thousand children at least; what is not used of it is never touched.
    children = ByteBuffer(capacity: 8_000)
    own = getpid()
    isAll = all || own == 1
  }

  /// Begins a walk; false where there is no /proc, or it is that of another PID namespace, whose numbers
  /// mean other processes.
  public mutating func begin() -> Bool {
    hidesSome = false
    if !isOurs() { return false }
    if isAll { hidesSome = hidesFirst() }
    children.removeAll()
    isFromTop = !isAll && addChildren(of: own)
    return isFromTop || beginAll()
  }

  private mutating func beginAll() -> Bool {
    directory = ProcFile.open("/proc", isDirectory: true)
    entries.removeAll()
    walk = DirectoryEntries()
    return directory != nil
  }

  /// The next process of the app, or nil after the last.
  public mutating func next() -> Int32? {
    while isFromTop {
      guard let pid = takeChild() else { return nil }
      if !addChildren(of: pid) {
        // From the beginning again: that a process is visited twice does no harm.
        isFromTop = false
        _ = beginAll()
      }
      return pid
    }
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

  /// Opens the first of a process's threads, which share their descriptors, beside the main one: after
  /// that has ended /proc/PID/fd is empty, and root's.
  @inline(never) public mutating func threads(of pid: Int32) -> FileDescriptor? {
    write(pid, "/task")
    return ProcFile.open(path, in: AT_FDCWD, isDirectory: true)
  }

  /// The user whose sockets the process makes; nil where it is gone or hidden, which `hidesSome` says.
  public mutating func user(of pid: Int32) -> UInt32? {
    if read(pid, "/status") { return ProcText.fileSystemUser(text.bytes) }
    if !isGone(pid) { hidesSome = true }
    return nil
  }

  /// What the process's cgroup is; 0 for drainit's own.
  @inline(never) public mutating func cgroup(of pid: Int32) -> CgroupPaths {
    var paths = CgroupPaths()
    write(pid == 0 ? own : pid, "/cgroup")
    guard let open = ProcFile.open(path, in: AT_FDCWD) else { return paths }
    repeat {
      text.removeAll()
      let count = ProcFile.read(open, into: &text)
      paths.read(text.bytes)
      if count <= 0 { break }
    } while true
    return paths
  }

  /// Whether /proc is that of our own PID namespace: then /proc/self is us.
  @inline(never) private mutating func isOurs() -> Bool {
    path.removeAll()
    path.append("/proc/self")
    path.append(0)
    return ProcFile.link(path, in: AT_FDCWD, into: &text) > 0
      && text.bytes.decimal(0..<text.count) == UInt64(own)
  }

  /// Whether a walk over /proc would pass over the first of the app's processes: drainit's children,
  /// with `--hold` the container's first process.
  @inline(never) private mutating func hidesFirst() -> Bool {
    if own != 1 { return !read(1, "/stat") && !isGone(1) }
    children.removeAll()
    _ = addChildren(of: own)
    while let child = takeChild() {
      if !read(child, "/stat") && !isGone(child) { return true }
    }
    return false
  }

  private func isGone(_ pid: Int32) -> Bool { kill(pid, 0) != 0 && Errno.last.number == ESRCH }

  /// Notes the children of each of a process's threads; false where they cannot be known that way. Of a
  /// process that is gone there are none.
  @inline(never) private mutating func addChildren(of pid: Int32) -> Bool {
    write(pid, "/task")
    guard let threads = ProcFile.open(path, in: AT_FDCWD, isDirectory: true) else {
      return pid != own
    }
    var left = AppProcesses.threadLimit
    while ProcFile.entries(threads, into: &entries) > 0 {
      var walk = DirectoryEntries()
      while let name = walk.next(in: entries.bytes) {
        // "." and ".." are the only names that are no numbers.
        guard let thread = entries.bytes.decimal(name) else { continue }
        left &-= 1
        if left < 0 { return false }
        write(pid, "/task/", thread)
        guard let list = ProcFile.open(path, in: AT_FDCWD) else {
          // A thread that has ended; drainit's own has not.
          if pid == own { return false }
          continue
        }
        while ProcFile.read(list, into: &children) > 0 {}
        if children.room == 0 { return false }
      }
    }
    return true
  }

  private mutating func takeChild() -> Int32? {
    var end = children.count
    while end > 0 && children.bytes[end &- 1] <= UInt8(ascii: " ") { end &-= 1 }
    var start = end
    while start > 0 && children.bytes[start &- 1] > UInt8(ascii: " ") { start &-= 1 }
    let pid = children.bytes.decimal(start..<end)
    children.truncate(to: start)
    guard let pid, pid <= UInt64(Int32.max) else { return nil }
    return Int32(truncatingIfNeeded: pid)
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

  private mutating func write(_ pid: Int32, _ file: StaticString, _ thread: UInt64? = nil) {
    path.removeAll()
    path.append("/proc/")
    path.append(decimal: Int64(pid))
    path.append(file)
    if let thread {
      path.append(decimal: thread)
      path.append("/children")
    }
    path.append(0)
  }
}
