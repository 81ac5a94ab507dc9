/// The descriptors that drainit has open itself, so that everything else can be closed.
public struct OwnDescriptors {
  // Every connection of the endpoint, every check's of four sets, and a dozen of its own.
  private var numbers = InlineArray<160, Int32>(repeating: -1)
  private var count = 0

  public init() {}

  /// Adds one; a number below 0, which stands for none, is left out.
  public mutating func insert(_ number: Int32) {
    guard number >= 0, count < 160 else { return }
    numbers[count] = number
    count &+= 1
  }

  /// Closes every descriptor that was not inserted.
  public func closeOthers() {
    InheritedDescriptors.close(keeping: numbers.span.extracting(0..<count))
  }
}
