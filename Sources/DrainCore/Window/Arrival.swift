/// A sign that somebody still sends requests to the app, seen inside the drain window.
public struct Arrival: Equatable, BitwiseCopyable, Sendable {
  /// How sure the sign is.
  public enum Strength: UInt8, Equatable, BitwiseCopyable, Sendable {
    /// A new connection: whoever made it has not heard yet.
    case strong
    /// A request's worth of bytes on a connection that was open: its owner may be pinned to this pod.
    case weak
  }

  public var strength: Strength
  /// How many requests it stands for, as near as the kernel tells: a look shows many as one.
  public var count: UInt32 = 1
  /// When it came, as near as the kernel tells.
  public var at: Instant
  /// Whose it is; its port does not matter.
  public var peer: IPAddress

  public init(
    _ strength: Strength, at moment: Instant, from peer: IPAddress, count: UInt32 = 1
  ) {
    self.strength = strength
    self.count = count
    at = moment
    self.peer = peer
  }
}

/// What one whole look over the app's connections came to, beside its arrivals.
public struct LookResult: Equatable, BitwiseCopyable, Sendable {
  /// When it began: everything that came before is in its arrivals.
  public var begunAt: Instant
  /// How many connections are open.
  public var openConnections: UInt32
  /// Whether a connection waits to be accepted.
  public var hasWaiting: Bool
  /// How much of the processor it took.
  public var cost: Interval

  public init(
    begunAt: Instant, openConnections: UInt32 = 0, hasWaiting: Bool = false,
    cost: Interval = .zero
  ) {
    self.begunAt = begunAt
    self.openConnections = openConnections
    self.hasWaiting = hasWaiting
    self.cost = cost
  }
}
