/// What of a drain window's traffic must survive a fault, so that silence goes on to mean what it meant.
public struct TrafficMemory: Equatable, BitwiseCopyable, Sendable {
  public var strongCount: UInt32 = 0
  public var weakCount: UInt32 = 0
  public var lastStrong = Instant(nanoseconds: 0)
  public var lastWeak = Instant(nanoseconds: 0)
  /// Whether none of the peers was direct: `PeerTable.areProxies`.
  public var areProxies = false

  public init() {}

  /// Whether anything came.
  public var isEmpty: Bool { strongCount == 0 && weakCount == 0 }
}

extension QuietRule {
  /// What a come-back has to know.
  public var memory: TrafficMemory {
    var memory = TrafficMemory()
    memory.strongCount = strongCount
    memory.weakCount = weakCount
    memory.lastStrong = lastStrong
    memory.lastWeak = lastWeak
    memory.areProxies = peers.areProxies
    return memory
  }

  /// Goes on after a fault, in a window that has just been begun again; who came is forgotten.
  public mutating func restore(_ memory: TrafficMemory, now: Instant) {
    if memory.isEmpty { return }
    strongCount = memory.strongCount
    weakCount = memory.weakCount
    lastStrong = memory.lastStrong
    lastWeak = memory.lastWeak
    if !memory.areProxies { peers.loseDirect() }
    // What came while nobody watched is taken for one more arrival.
    missed(at: now)
  }
}
