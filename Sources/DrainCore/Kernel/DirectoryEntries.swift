/// Walks what getdents64(2) wrote: one directory's entries.
public struct DirectoryEntries: BitwiseCopyable, Sendable {
  private var offset = 0

  public init() {}

  /// Where the next entry's name lies, or nil at the end or at a wrong length.
  ///
  /// Source: `struct linux_dirent64` in getdents(2): inode 8, offset 8, length 2, type 1, name.
  public mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
    let left = bytes.count &- offset
    let length = Int(bytes.host16(at: offset &+ 16))
    if left < 20 || length < 20 || length > left { return nil }
    let start = offset &+ 19
    offset &+= length
    var end = start
    while end < offset && bytes.byte(end) != 0 { end &+= 1 }
    return start..<end
  }
}

/// The parts of /proc/PID that tell whose a process is (proc_pid_stat(5), proc_pid_status(5)).
public enum ProcText {
  /// The socket's inode in what a link of /proc/PID/fd says, `socket:[12345]`; nil for other links.
  public static func socketInode(_ link: Span<UInt8>) -> UInt32? {
    guard link.count > 9, link.begins(at: 0, with: "socket:["),
      link.byte(link.count &- 1) == UInt8(ascii: "]"),
      let inode = link.number(8..<link.count &- 1)
    else { return nil }
    return UInt32(truncatingIfNeeded: inode)
  }

  /// The user whose sockets a process makes, in /proc/PID/status: the last of `Uid:`'s four.
  public static func fileSystemUser(_ status: Span<UInt8>) -> UInt32? {
    var start = 0
    while start < status.count {
      var end = start
      while end < status.count && status.byte(end) != UInt8(ascii: "\n") { end &+= 1 }
      if status.begins(at: start, with: "Uid:") {
        var words = Words(from: start &+ 4, to: end)
        for _ in 0..<3 { _ = words.next(in: status) }
        guard let word = words.next(in: status), let user = status.number(word) else { return nil }
        return UInt32(truncatingIfNeeded: user)
      }
      start = end &+ 1
    }
    return nil
  }

  /// The two ports of ip_local_port_range (ip(7)); nil where the text is not that.
  public static func portRange(_ text: Span<UInt8>) -> (low: UInt16, high: UInt16)? {
    var length = text.count
    while length > 0 && text.byte(length &- 1) == UInt8(ascii: "\n") { length &-= 1 }
    var words = Words(from: 0, to: length)
    guard let first = words.next(in: text), let second = words.next(in: text),
      let low = text.number(first), let high = text.number(second), low <= high, high <= 65_535
    else { return nil }
    return (UInt16(truncatingIfNeeded: low), UInt16(truncatingIfNeeded: high))
  }
}

extension Span where Element == UInt8 {
  /// Whether the literal's bytes are at `offset`.
  func begins(at offset: Int, with text: StaticString) -> Bool {
    if offset < 0 || count &- offset < text.utf8CodeUnitCount { return false }
    for index in 0..<text.utf8CodeUnitCount
    where self[offset &+ index] != text.utf8Start[index] {
      return false
    }
    return true
  }
}
