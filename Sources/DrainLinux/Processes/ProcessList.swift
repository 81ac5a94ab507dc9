import CLinux
import DrainCore

/// The processes of drainit's PID namespace, one after another, as `/proc` lists them.
///
/// Never in an Optional: that would move the buffer about, word by word.
struct ProcessList: ~Copyable {
  /// The open `/proc`, the caller's.
  private let directory: Int32
  private var buffer = InlineArray<128, UInt64>(repeating: 0)
  private var length = 0
  private var position = 0

  init(_ directory: borrowing FileDescriptor) { self.directory = directory.number }

  /// The next process's pid, or nil at the end.
  @inline(never) mutating func next() -> Int32? {
    while true {
      if position >= length && !readBatch() { return nil }
      let start = position
      let entry = buffer.span.bytes
      // struct linux_dirent64 (getdents64(2)): inode 8, offset 8, record length 2, type 1, name.
      let record = Int(entry.unsafeLoadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
      if record < 20 || start &+ record > length { return nil }
      position = start &+ record
      var pid: Int32 = 0
      var index = start &+ 19
      while index < position {
        let byte = entry.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { break }
        // The kernel's pids are below 2^22.
        pid = pid &* 10 &+ Int32(byte &- UInt8(ascii: "0"))
        index &+= 1
      }
      if pid > 0 { return pid }
    }
  }

  private mutating func readBatch() -> Bool {
    let number = directory
    var span = buffer.mutableSpan
    let result = span.withUnsafeMutableBytes { bytes in
      SystemCall.retrying {
        linux_syscall(
          Int(SYS_getdents64), Int(number), Int(bitPattern: bytes.baseAddress), bytes.count, 0, 0, 0
        )
      }
    }
    length = max(result, 0)
    position = 0
    return length > 0
  }
}

/// The processes that descend from drainit: the app, its children, and the orphans it adopted.
public enum Descendants {
  // A chain of parents longer than this is one that changes while it is read.
  private static var depthLimit: Int { 256 }

  /// Calls `body` with each descendant's status until it returns false. Without `/proc`: none.
  ///
  /// No table is kept: from each process the chain of parents is followed until it reaches drainit.
  /// A process that is made meanwhile may be missed; whoever must reach all looks again.
  ///
  /// - Parameters:
  ///   - everybody: whether the others of the namespace count, too, such as those of `docker exec`.
  ///   - spared: groups that do not, with all that descends from them.
  @inline(never) public static func visit(
    everybody: Bool = false, sparing spared: UnsafePointer<ProgramGroups>? = nil,
    _ body: (ProcessStat) -> Bool
  ) {
    let own = getpid()
    let directory: FileDescriptor
    do { directory = try SystemCall.open("/proc", O_RDONLY | O_DIRECTORY) } catch { return }
    var list = ProcessList(directory)
    while let pid = list.next() {
      guard pid != own, let stat = ProcessFiles.stat(pid), reaches(stat, own, everybody, spared)
      else {
        continue
      }
      if !body(stat) { return }
    }
  }

  private static func reaches(
    _ stat: ProcessStat, _ own: Int32, _ everybody: Bool, _ spared: UnsafePointer<ProgramGroups>?
  ) -> Bool {
    var process = stat
    for _ in 0..<depthLimit {
      if let spared, spared.pointee.contains(process.group) { return false }
      if process.parent == own { return true }
      if process.parent <= 1 { return everybody }
      guard let next = ProcessFiles.stat(process.parent) else { return everybody }
      process = next
    }
    return everybody
  }
}

/// Who is left of the app's processes, for a log line: the first few by name, and how many in all.
public struct LeftOvers: BitwiseCopyable, Sendable {
  /// How many are named.
  public static var namedLimit: Int { 8 }
  /// How many are looked at: beyond, the line says "more".
  public static var lookLimit: Int { 4096 }

  private var list = InlineArray<8, ProcessStat?>(repeating: nil)
  /// How many were found, zombies left out.
  public private(set) var count = 0

  /// Looks, now.
  @inline(never) public init() {
    var seen = 0
    var found = self.list
    var total = 0
    Descendants.visit { stat in
      seen &+= 1
      // A zombie is in nobody's way: it waits for its parent, or for us.
      if stat.state != UInt8(ascii: "Z") && stat.state != UInt8(ascii: "X") {
        if total < LeftOvers.namedLimit { found[total] = stat }
        total &+= 1
      }
      return seen < LeftOvers.lookLimit
    }
    list = found
    count = total
  }

  /// How many can be named.
  public var namedCount: Int { min(count, LeftOvers.namedLimit) }

  /// One of them, below `namedCount`.
  public subscript(index: Int) -> ProcessStat? { index < namedCount ? list[index] : nil }
}
