/// The descriptors that drainit has open itself, so that everything else can be closed.
public struct OwnDescriptors {
  // Every connection of the endpoint, of the seven groups of checks every one's connection and resolver,
  // and a dozen of its own.
  private var numbers = InlineArray<320, Int32>(repeating: -1)
  private(set) var count = 0

  public init() {}

  /// Adds one; a number below 0, which stands for none, is left out.
  public mutating func insert(_ number: Int32) {
    guard number >= 0, count < numbers.count else { return }
    numbers[count] = number
    count &+= 1
  }

  /// Closes every descriptor that was not inserted.
  public func closeOthers() {
    InheritedDescriptors.close(keeping: numbers.span.extracting(0..<count))
  }
}
