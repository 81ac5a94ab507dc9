/// What of a drain window's traffic must survive a fault, so that silence goes on to mean what it meant.
public struct TrafficMemory: Equatable, BitwiseCopyable, Sendable {
  public var connections: UInt32 = 0
  public var requests: UInt32 = 0
  /// When the last of either came.
  public var last = Instant(nanoseconds: 0)
  /// In how many moments they came, and when the last of these began.
  public var moments: UInt32 = 0
  public var momentBegan = Instant(nanoseconds: 0)

  public init() {}

  /// Whether anything came.
  public var isEmpty: Bool { connections == 0 && requests == 0 }
}

extension QuietRule {
  /// What a come-back has to know.
  public var memory: TrafficMemory {
    var memory = TrafficMemory()
    memory.connections = connectionCount
    memory.requests = requestCount
    memory.last = last
    memory.moments = moments.count
    // Those since the last look may be counted once more: they began after it.
    memory.momentBegan = moments.lastBegan == .never ? drainedAt : moments.lastBegan
    return memory
  }

  /// Goes on after a fault, in a window that has just been begun again; who came is forgotten.
  public mutating func restore(_ memory: TrafficMemory, now: Instant) {
    if memory.isEmpty { return }
    connectionCount = memory.connections
    requestCount = memory.requests
    last = memory.last
    moments.restore(count: memory.moments, lastBegan: memory.momentBegan)
    // What came while nobody watched is taken for one more arrival.
    missed(at: now)
  }
}
