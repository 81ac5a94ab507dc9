/// One event at a time: what the effects of one raise waits until all of them are done.
public struct EventOrder: Sendable {
  private var isBusy = false
  private var raised = EventQueue()

  public init() {}

  /// How many events found no room since this was asked last.
  public mutating func takeLost() -> UInt64 { raised.takeLost() }

  /// Whether the event may be handled now; else it waits for `next`.
  public mutating func begins(with event: Event) -> Bool {
    if isBusy {
      raised.append(event)
      return false
    }
    isBusy = true
    return true
  }

  /// Effects that no event led to are about to be done.
  public mutating func begin() { isBusy = true }

  /// The effects are done: the event to handle now, or nil where they raised none, or none is left.
  public mutating func next() -> Event? {
    let event = raised.popFirst()
    isBusy = event != nil
    return event
  }
}
