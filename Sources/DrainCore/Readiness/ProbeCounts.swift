/// Who asks for `/readyz`, and how often each was told 503 since the drain signal: actively probing
/// balancers that have all seen it often enough send nothing more (`--until probed:N`).
public struct ProbeCounts: Equatable, BitwiseCopyable, Sendable {
  // A balancer's nodes: more of them than probe one pod. A new one takes the longest silent's place.
  private static var places: Int { 16 }
  private var addresses = InlineArray<16, IPAddress>(repeating: IPAddress(bits: 0))
  private var lastAsked = InlineArray<16, Instant>(repeating: Instant(nanoseconds: 0))
  private var refusals = InlineArray<16, UInt32>(repeating: 0)
  private var count = 0

  public init() {}

  /// How long before the drain signal one may have asked last to be waited for.
  static var memory: Interval { .seconds(60) }

  /// Notes that an address asked before the drain signal.
  public mutating func asked(_ address: IPAddress, at now: Instant) {
    var place = place(of: address) ?? count
    if place == ProbeCounts.places {
      place = 0
      for index in 1..<count where lastAsked[index] < lastAsked[place] { place = index }
      count &-= 1
    }
    if place == count || addresses[place] != address {
      count &+= 1
      addresses[place] = address
      refusals[place] = 0
    }
    lastAsked[place] = now
  }

  /// Notes that an address was told 503 after the drain signal; who never asked before it does not
  /// count.
  public mutating func refused(_ address: IPAddress) {
    guard let place = place(of: address), refusals[place] < UInt32.max else { return }
    refusals[place] &+= 1
  }

  /// Whether everybody who asked in the minute before the drain signal has been told so often; false
  /// where nobody did.
  public func haveAll(heard times: UInt32, drainedAt: Instant) -> Bool {
    var isAnybody = false
    for index in 0..<count where drainedAt.since(lastAsked[index]) <= ProbeCounts.memory {
      if refusals[index] < times { return false }
      isAnybody = true
    }
    return isAnybody
  }

  public static func == (left: ProbeCounts, right: ProbeCounts) -> Bool {
    for index in 0..<places {
      guard left.addresses[index] == right.addresses[index],
        left.lastAsked[index] == right.lastAsked[index],
        left.refusals[index] == right.refusals[index]
      else { return false }
    }
    return left.count == right.count
  }

  private func place(of address: IPAddress) -> Int? {
    for index in 0..<count where addresses[index] == address { return index }
    return nil
  }
}
