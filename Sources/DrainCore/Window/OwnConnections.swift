/// The local ends of the connections that drainit made last: to the app they look like arrivals, and
/// they must not count as such.
public struct OwnConnections: Sendable {
  // On the heap, once: the value stays small.
  private var addresses: [IPAddress]
  private var ports: [UInt16]
  private var next = 0

  /// Makes room for so many; by default a drain window's worth: checks run at most four times a second
  /// each, and a look is seldom further than a few seconds from the last.
  public init(capacity: Int = 64) {
    addresses = [IPAddress](repeating: IPAddress(bits: 0), count: capacity)
    ports = [UInt16](repeating: 0, count: capacity)
  }

  /// Remembers one; the oldest is forgotten.
  public mutating func insert(_ address: IPAddress, port: UInt16) {
    if ports.isEmpty { return }
    addresses[next] = address
    ports[next] = port
    next = (next &+ 1) % ports.count
  }

  /// Whether a connection from there is drainit's own.
  public func contains(_ address: IPAddress, port: UInt16) -> Bool {
    guard port != 0 else { return false }
    for index in 0..<ports.count where ports[index] == port && addresses[index] == address {
      return true
    }
    return false
  }
}
