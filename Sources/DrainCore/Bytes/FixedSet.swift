/// A set of at most `capacity` 32-bit numbers, for a handful that are searched one by one.
///
/// They lie on the heap, once: a value of their size would be copied over the stack when it is moved.
public struct FixedSet: Sendable {
  /// How many are in it.
  public private(set) var count = 0
  /// Whether one was refused because the set was full.
  public private(set) var isOverfull = false
  private var members: [UInt32]

  /// Makes an empty set with room for `capacity`.
  public init(capacity: Int) { members = [UInt32](repeating: 0, count: max(capacity, 0)) }

  /// Whether the number is in it.
  public func contains(_ number: UInt32) -> Bool {
    for index in 0..<count where members[index] == number { return true }
    return false
  }

  /// Adds the number; into a full set it is refused, and `isOverfull` says so.
  public mutating func insert(_ number: UInt32) {
    if contains(number) { return }
    if count == members.count {
      isOverfull = true
      return
    }
    members[count] = number
    count &+= 1
  }

  /// Empties the set.
  public mutating func removeAll() {
    count = 0
    isOverfull = false
  }
}
