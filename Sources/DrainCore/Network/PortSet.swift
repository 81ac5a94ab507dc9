/// A set of ports as at most 64 ranges in ascending order: exact, until an app has more than that.
///
/// Beyond 64 ranges the two nearest become one, so that a port in between counts as there: what the
/// set is asked for is "may this be the app's", and nothing of the app's is ever left out.
public struct PortSet: BitwiseCopyable, Sendable {
  /// How many ranges it has.
  public private(set) var rangeCount = 0
  private var lows: InlineArray<64, UInt16> = .init(repeating: 0)
  private var highs: InlineArray<64, UInt16> = .init(repeating: 0)

  public init() {}

  /// Whether no port is in it.
  public var isEmpty: Bool { rangeCount == 0 }

  /// Whether the port is in it.
  public func contains(_ port: UInt16) -> Bool {
    for index in 0..<rangeCount where port <= highs[index] { return port >= lows[index] }
    return false
  }

  /// The range at `index`, 0 to `rangeCount` - 1, or nil.
  public func range(_ index: Int) -> (low: UInt16, high: UInt16)? {
    index >= 0 && index < rangeCount ? (lows[index], highs[index]) : nil
  }

  /// Adds one port; 0, which is no port, is ignored.
  public mutating func insert(_ port: UInt16) {
    if port == 0 || contains(port) { return }
    if rangeCount == 64 {
      joinNearest()
      if contains(port) { return }
    }
    var place = 0
    while place < rangeCount && lows[place] < port { place &+= 1 }
    var index = rangeCount
    while index > place {
      lows[index] = lows[index &- 1]
      highs[index] = highs[index &- 1]
      index &-= 1
    }
    lows[place] = port
    highs[place] = port
    rangeCount &+= 1
    if place &+ 1 < rangeCount && highs[place] &+ 1 == lows[place &+ 1] { join(place) }
    if place > 0 && highs[place &- 1] &+ 1 == lows[place] { join(place &- 1) }
  }

  /// Adds all of another set; whether that made it a larger one.
  @discardableResult
  public mutating func insert(_ more: PortSet) -> Bool {
    var isLarger = false
    for index in 0..<more.rangeCount {
      for port in more.lows[index]...more.highs[index] where !contains(port) {
        insert(port)
        isLarger = true
      }
    }
    return isLarger
  }

  /// Makes one range of the one at `index` and the next.
  private mutating func join(_ index: Int) {
    highs[index] = highs[index &+ 1]
    for later in (index &+ 1)..<(rangeCount &- 1) {
      lows[later] = lows[later &+ 1]
      highs[later] = highs[later &+ 1]
    }
    rangeCount &-= 1
  }

  private mutating func joinNearest() {
    var nearest = 0
    for index in 0..<(rangeCount &- 1)
    where lows[index &+ 1] &- highs[index] < lows[nearest &+ 1] &- highs[nearest] {
      nearest = index
    }
    join(nearest)
  }

  /// The bytes of one range in the kernel's filter: two comparisons and a jump.
  static var filterStride: Int { 20 }

  /// Appends the filter program that keeps the sockets whose local port is in the set.
  ///
  /// Each range is `port >= low`, `port <= high`, jump to the end; a comparison that fails goes on at
  /// the next range, and after the last one beyond the end, which refuses. Source:
  /// `struct inet_diag_bc_op`, and inet_diag_bc_run() in net/ipv4/inet_diag.c.
  func writeFilter(to buffer: inout ByteBuffer) {
    for index in 0..<rangeCount {
      let beyond: UInt16 = index == rangeCount &- 1 ? 4 : 0
      let left = UInt16(truncatingIfNeeded: (rangeCount &- index) &* PortSet.filterStride)
      comparison(2, lows[index], otherwise: 20 &+ beyond, to: &buffer)  // INET_DIAG_BC_S_GE
      comparison(3, highs[index], otherwise: 12 &+ beyond, to: &buffer)  // INET_DIAG_BC_S_LE
      buffer.append(1)  // INET_DIAG_BC_JMP
      buffer.append(4)
      buffer.append(host16: left &- 16)
    }
  }

  private func comparison(
    _ code: UInt8, _ port: UInt16, otherwise: UInt16, to buffer: inout ByteBuffer
  ) {
    buffer.append(code)
    buffer.append(8)
    buffer.append(host16: otherwise)
    // The port is the second operation's `no` field.
    buffer.append(host16: 0)
    buffer.append(host16: port)
  }
}
