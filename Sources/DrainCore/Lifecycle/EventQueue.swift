/// Events that wait until the effects before them are done.
///
/// What an effect finds out is an event of its own. Handled in the middle of the effects of the one before,
/// it would overtake the rest of them: an app would be sent its stop signal before the notice that was
/// decided first.
public struct EventQueue: Sendable {
  /// One event's effects raise at most one event each, and a hook of each moment may end with them.
  public static var capacity: Int { 32 }

  private var ring = InlineArray<32, Event>(repeating: .deadline)
  private var first = 0
  /// How many wait.
  public private(set) var count = 0
  /// How many did not fit: a mistake of our own, counted instead of trapped on.
  public private(set) var lost: UInt64 = 0

  public init() {}

  /// Appends an event.
  public mutating func append(_ event: Event) {
    guard count < EventQueue.capacity else {
      lost &+= 1
      return
    }
    ring[(first &+ count) % EventQueue.capacity] = event
    count &+= 1
  }

  /// How many did not fit since this was asked last.
  public mutating func takeLost() -> UInt64 {
    defer { lost = 0 }
    return lost
  }

  /// Takes the oldest event; nil where none waits.
  public mutating func popFirst() -> Event? {
    guard count > 0 else { return nil }
    let event = ring[first]
    first = (first &+ 1) % EventQueue.capacity
    count &-= 1
    return event
  }
}
