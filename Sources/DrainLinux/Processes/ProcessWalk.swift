import CLinux
import DrainCore

/// Walks processes by /proc, each once: those that descend from drainit, or every other one.
///
/// Descendants from the top, by each thread's list of children (proc_tid_children(5)): beside a machine's
/// other processes the whole of /proc would be read, and the parents of each. Where the kernel has no such
/// lists, or they are too long, that is done. A process that is made meanwhile may be missed; whoever must
/// reach all walks again.
///
/// It lies on the stack and allocates nothing.
public struct ProcessWalk: ~Copyable {
  /// Whom to walk.
  public enum Scope: BitwiseCopyable, Sendable {
    /// The app, its children, and the orphans that drainit adopted.
    case descendants
    /// Every process that is seen but drainit, such as those of `docker exec`, too.
    case everybody
  }

  // With more threads than that to ask for children, one walk over all processes costs less.
  private static var threadLimit: Int { 1_024 }
  // A chain of parents longer than this is one that changes while it is read.
  private static var depthLimit: Int { 256 }

  private let own = getpid()
  private let scope: Scope
  private let spared: UnsafePointer<ProgramGroups>?
  /// Those that were found from the top; of the first `visited` the children are among them.
  private var found = InlineArray<1_024, Int32>(repeating: 0)
  private var count = 0
  private var visited = 0
  /// Whether lists of children are all that it needs.
  public private(set) var isFromTop = false
  /// `/proc`, and its entries, in a walk over all.
  private var directory: FileDescriptor?
  private var all = DirectoryNumbers()
  /// Whether there is a /proc, and its numbers mean the processes of our own PID namespace: else it is a
  /// walk over none.
  public let isPossible: Bool

  /// Begins a walk.
  ///
  /// - Parameters:
  ///   - spared: groups that do not count, with all that descends from them.
  ///   - fromTop: false as on a kernel without lists of children.
  @inline(never) public init(
    _ scope: Scope, sparing spared: UnsafePointer<ProgramGroups>? = nil, fromTop: Bool = true
  ) {
    self.scope = scope
    self.spared = spared
    isPossible = ProcessFiles.areOurs
    if !isPossible { return }
    isFromTop = fromTop && scope == .descendants && addChildren(of: own)
    if !isFromTop { beginAll() }
  }

  /// The next process, or nil after the last.
  @inline(never) public mutating func next() -> Int32? {
    while isFromTop {
      // What ended meanwhile has left its children to drainit: at the end that is asked once more.
      let pid = visited < count ? found[visited] : own
      if pid != own { visited &+= 1 }
      if !addChildren(of: pid) { beginAll() }
      if pid != own { return pid }
      if isFromTop && visited == count { return nil }
    }
    guard let open = directory.take() else { return nil }
    while let pid = all.next(in: open) {
      if pid == own || isFound(pid) || !belongs(pid) { continue }
      directory = consume open
      return pid
    }
    return nil
  }

  /// Whether a walk over all passes over the first of the app's processes, which /proc does not show
  /// (hidepid=2 of proc(5)): drainit's children, with `--hold` the container's first process.
  ///
  /// To be asked before the walk.
  @inline(never) public mutating func hidesFirst() -> Bool {
    if scope == .descendants || !isPossible { return false }
    if own != 1 { return ProcessFiles.isHidden(1) }
    _ = addChildren(of: own)
    var hides = false
    for index in 0..<count where ProcessFiles.isHidden(found[index]) { hides = true }
    count = 0
    return hides
  }

  /// Goes on over all processes, but for those that were visited.
  private mutating func beginAll() {
    isFromTop = false
    count = visited
    directory = ProcFile.open("/proc", isDirectory: true)
  }

  private func isFound(_ pid: Int32) -> Bool {
    for index in 0..<count where found[index] == pid { return true }
    return false
  }

  // MARK: From the top

  /// Notes the children of each of a process's threads; false where they cannot be known that way. Of a
  /// process that is gone there are none.
  @inline(never) private mutating func addChildren(of pid: Int32) -> Bool {
    guard let threads = ProcFile.open(pid, "/task", isDirectory: true) else { return pid != own }
    var left = ProcessWalk.threadLimit
    var numbers = DirectoryNumbers()
    while let thread = numbers.next(in: threads) {
      left &-= 1
      if left < 0 { return false }
      guard let list = ProcFile.open(thread, "/children", in: threads.number) else {
        // A thread that has ended; drainit's own has not.
        if pid == own { return false }
        continue
      }
      if !addAll(of: list) { return false }
    }
    return true
  }

  /// Notes the numbers in a list of children: each has a blank behind it.
  private mutating func addAll(of list: borrowing FileDescriptor) -> Bool {
    var text = InlineArray<1_024, UInt8>(repeating: 0)
    var pid: Int32 = 0
    while true {
      let number = list.number
      var free = text.mutableSpan
      let transfer = free.withUnsafeMutableBytes { SystemCall.read(number, into: $0) }
      guard case .bytes(let length) = transfer else { return true }
      for index in 0..<length {
        let digit = text[index] &- UInt8(ascii: "0")
        if digit <= 9 {
          // The kernel's pids are below 2^22.
          pid = pid &* 10 &+ Int32(digit)
        } else {
          if pid > 0 && !add(pid) { return false }
          pid = 0
        }
      }
    }
  }

  private mutating func add(_ pid: Int32) -> Bool {
    if isFound(pid) || spared?.pointee.contains(getpgid(pid)) ?? false { return true }
    if count == found.count { return false }
    found[count] = pid
    count &+= 1
    return true
  }

  // MARK: Over all

  private func belongs(_ pid: Int32) -> Bool {
    let isEverybody = scope == .everybody
    if isEverybody && spared?.pointee.isEmpty ?? true { return true }
    var process = pid
    for _ in 0..<ProcessWalk.depthLimit {
      guard let stat = ProcessFiles.stat(process) else {
        if process == pid { return isEverybody }
        // Its parent has ended meanwhile: it has another one now.
        process = pid
        continue
      }
      if spared?.pointee.contains(stat.group) ?? false { return false }
      if stat.parent == own { return true }
      if stat.parent <= 1 { return isEverybody }
      process = stat.parent
    }
    return isEverybody
  }
}
