/// Where the app listens: addresses with their ports, at most 64.
///
/// Beside it another program may have the same port at another address of the same network: what comes to
/// that one is not the app's. An empty set says nothing, and everything counts; so does one that is
/// overfull.
public struct ListeningEnds: Sendable {
  /// How many there are.
  public private(set) var count = 0
  // On the heap, once.
  private var addresses = [IPAddress](repeating: IPAddress(bits: 0), count: 64)
  private var ports = [UInt16](repeating: 0, count: 64)
  private var areV6Only = [Bool](repeating: false, count: 64)
  private var isOverfull = false

  public init() {}

  /// Adds one.
  ///
  /// - Parameter isV6Only: whether it takes no IPv4 connection (IPV6_V6ONLY).
  @inline(never)
  public mutating func insert(_ address: IPAddress, port: UInt16, isV6Only: Bool = false) {
    for index in 0..<count
    where ports[index] == port && addresses[index] == address && areV6Only[index] == isV6Only {
      return
    }
    if count == ports.count {
      isOverfull = true
      return
    }
    addresses[count] = address
    ports[count] = port
    areV6Only[count] = isV6Only
    count &+= 1
  }

  /// Adds all of another set.
  public mutating func insert(_ others: borrowing ListeningEnds) {
    for index in 0..<others.count {
      insert(
        others.addresses[index], port: others.ports[index], isV6Only: others.areV6Only[index])
    }
    if others.isOverfull { isOverfull = true }
  }

  /// Forgets all.
  public mutating func removeAll() {
    count = 0
    isOverfull = false
  }

  /// Whether a connection with this local end is one of a listener here.
  ///
  /// The kernel takes the address from a socket that was closed by a reset and had none of its own
  /// (tcp_disconnect): that one counts.
  @inline(never) public func covers(_ local: IPAddress, port: UInt16) -> Bool {
    if count == 0 || isOverfull || local.isUnspecified { return true }
    for index in 0..<count where ports[index] == port {
      let address = addresses[index]
      if address == local { return true }
      if !address.isUnspecified { continue }
      // 0.0.0.0 takes IPv4 alone, and :: both unless it was told not to.
      if address.isV4 ? local.isV4 : !(areV6Only[index] && local.isV4) { return true }
    }
    return false
  }

  /// Whether this listener is one of those here.
  public func contains(listener address: IPAddress, port: UInt16) -> Bool {
    if count == 0 || isOverfull { return true }
    for index in 0..<count where ports[index] == port && addresses[index] == address {
      return true
    }
    return false
  }
}
