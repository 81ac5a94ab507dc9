/// How often `/readyz` was seen to fail, by whom: an actively probing balancer that has seen it often
/// enough sends nothing more (`--until probed:N`).
public struct ProbeCounts: BitwiseCopyable, Sendable {
  // More balancers than probe one pod; beyond them nobody is counted.
  private static var places: Int { 32 }
  private var addresses = InlineArray<32, IPAddress>(repeating: IPAddress(bits: 0))
  private var counts = InlineArray<32, UInt32>(repeating: 0)
  private var count = 0
  /// How often the one was told that was told most often.
  public private(set) var most: UInt32 = 0

  public init() {}

  /// Notes that an address was told.
  public mutating func note(_ address: IPAddress) {
    var place = 0
    while place < count && addresses[place] != address { place &+= 1 }
    if place == ProbeCounts.places { return }
    if place == count {
      addresses[place] = address
      count &+= 1
    }
    if counts[place] < UInt32.max { counts[place] &+= 1 }
    most = max(most, counts[place])
  }
}
