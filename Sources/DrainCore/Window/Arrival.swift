/// A sign that somebody still sends requests to the app, seen inside the drain window.
public struct Arrival: Equatable, BitwiseCopyable, Sendable {
  /// What was seen. Both hold the window alike.
  public enum Kind: UInt8, Equatable, BitwiseCopyable, Sendable {
    /// A new connection.
    case connection
    /// A request's worth of bytes on a connection that was open.
    case request
  }

  public var kind: Kind
  /// How many requests it stands for, as near as the kernel tells: a look shows many as one.
  public var count: UInt32 = 1
  /// When it came, as near as the kernel tells.
  public var at: Instant
  /// Whose it is; its port does not matter.
  public var peer: IPAddress

  public init(_ kind: Kind, at moment: Instant, from peer: IPAddress, count: UInt32 = 1) {
    self.kind = kind
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
  /// How many connections wait to be accepted; each holds the window.
  public var waiting: UInt32
  /// How many requests were received and are not answered yet; each holds the window.
  public var inFlight: UInt32
  /// Whether the app has a socket whose arrivals cannot be seen, such as a UDP server's: the window
  /// lasts its maximum.
  public var hasUnseen: Bool
  /// How much of the processor it took.
  public var cost: Interval

  public init(
    begunAt: Instant, openConnections: UInt32 = 0, waiting: UInt32 = 0, inFlight: UInt32 = 0,
    hasUnseen: Bool = false, cost: Interval = .zero
  ) {
    self.begunAt = begunAt
    self.openConnections = openConnections
    self.waiting = waiting
    self.inFlight = inFlight
    self.hasUnseen = hasUnseen
    self.cost = cost
  }

  /// Whether there is something that no silence outweighs.
  public var holds: Bool { waiting > 0 || inFlight > 0 || hasUnseen }
}
