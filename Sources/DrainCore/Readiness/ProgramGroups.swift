/// The process groups of checks' and hooks' programs that run: signals to everybody are not meant for them,
/// and what an earlier life started must not run on beside what a drainit that has come back starts.
public struct ProgramGroups: Equatable, BitwiseCopyable, Sendable {
  /// As many as can run at once: a child for each check there is, 16 in each of the seven sets.
  public static var capacity: Int { 112 }

  private var list = InlineArray<112, Int32>(repeating: 0)

  public init() {}

  /// The group at `index`, below `capacity`; 0 for none.
  public subscript(index: Int) -> Int32 { list[index] }

  /// Adds a group that runs.
  public mutating func insert(_ group: Int32) { replace(0, by: group) }

  /// Removes one that has ended.
  public mutating func remove(_ group: Int32) { replace(group, by: 0) }

  /// Whether none runs.
  public var isEmpty: Bool { !contains { $0 > 0 } }

  /// Whether that group is one of them.
  public func contains(_ group: Int32) -> Bool { group > 0 && contains { $0 == group } }

  @inline(never) private func contains(_ holds: (Int32) -> Bool) -> Bool {
    for index in 0..<ProgramGroups.capacity where holds(list[index]) { return true }
    return false
  }

  private mutating func replace(_ old: Int32, by new: Int32) {
    for index in 0..<ProgramGroups.capacity where list[index] == old {
      list[index] = new
      return
    }
  }

  public static func == (left: ProgramGroups, right: ProgramGroups) -> Bool {
    for index in 0..<ProgramGroups.capacity where left.list[index] != right.list[index] {
      return false
    }
    return true
  }
}
