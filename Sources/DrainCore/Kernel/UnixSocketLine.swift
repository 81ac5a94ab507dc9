/// A UNIX socket that listens at a path, as a line of /proc/net/unix has it (proc_net_unix(5)).
public struct UnixSocketLine: Equatable, BitwiseCopyable, Sendable {
  /// Its number in /proc/PID/fd.
  public let inode: UInt32
  /// Where in the text its path lies, as it was given to bind(2); never empty.
  public let path: ByteRange

  /// The longest path that a UNIX socket can have, in bytes (unix(7)).
  public static var longestPath: Int { 107 }

  /// Reads a line; nil for the heading, for what does not listen, for what has no path, and for abstract
  /// names, which are a program's own affair (dbus, X, systemd).
  ///
  /// Source: unix_seq_show() in net/unix/af_unix.c.
  public init?(_ text: Span<UInt8>, from start: Int, to end: Int) {
    var words = Words(from: start, to: end)
    for _ in 0..<3 { _ = words.next(in: text) }
    guard let flagWord = words.next(in: text), let flags = text.number(flagWord, radix: 16),
      // __SO_ACCEPTCON (<linux/net.h>): it listens.
      flags & 0x10000 != 0, words.next(in: text) != nil, words.next(in: text) != nil,
      let inodeWord = words.next(in: text), let inode = text.number(inodeWord),
      inode > 0 && inode <= UInt64(UInt32.max)
    else { return nil }
    self.inode = UInt32(truncatingIfNeeded: inode)
    // One blank, then the path, which may hold more of them.
    path = ByteRange(start: inodeWord.upperBound &+ 1, end: min(end, text.count))
    if path.isEmpty || text[path.start] == UInt8(ascii: "@") { return nil }
  }

  /// Whether a runtime listens there for its own tools, whatever the program is: .NET's diagnostics, the
  /// JVM's attach, and Python's multiprocessing.
  public static func isRuntimes(_ path: Span<UInt8>) -> Bool {
    let slash = path.lastIndex(of: UInt8(ascii: "/"))
    let name = path.from(slash.map { $0 &+ 1 } ?? 0)
    if hasPrefix(name, "dotnet-diagnostic-") || hasPrefix(name, ".java_pid") { return true }
    // /tmp/pymp-x1y2z3/listener-x1y2z3 (multiprocessing.connection, arbitrary_address).
    let folder = path.before(slash ?? 0)
    let above = folder.lastIndex(of: UInt8(ascii: "/"))
    return hasPrefix(name, "listener-")
      && hasPrefix(folder.from(above.map { $0 &+ 1 } ?? 0), "pymp-")
  }
}
