import DrainCore

/// Who is left of the app's processes, for a log line: the first few by name, and how many in all.
public struct LeftOvers: BitwiseCopyable, Sendable {
  /// How many are named.
  public static var namedLimit: Int { 8 }
  /// How many are looked at: beyond, the line says "more".
  public static var lookLimit: Int { 4096 }

  private var list = InlineArray<8, ProcessStat?>(repeating: nil)
  /// How many were found, zombies left out.
  public private(set) var count = 0

  /// Looks, now; `spared` are the groups of drainit's own programs, which are in nobody's way.
  @inline(never) public init(sparing spared: UnsafePointer<ProgramGroups>? = nil) {
    var walk = ProcessWalk(.descendants, sparing: spared)
    for _ in 0..<LeftOvers.lookLimit {
      guard let pid = walk.next() else { return }
      // A zombie is in nobody's way: it waits for its parent, or for us.
      guard let stat = ProcessFiles.stat(pid), !stat.hasEnded else { continue }
      if count < LeftOvers.namedLimit { list[count] = stat }
      count &+= 1
    }
  }

  /// How many can be named.
  public var namedCount: Int { min(count, LeftOvers.namedLimit) }

  /// One of them, below `namedCount`.
  public subscript(index: Int) -> ProcessStat? { index < namedCount ? list[index] : nil }
}
