/// A range of addresses: those whose first bits are a certain prefix (CIDR, RFC 4632).
public struct IPNetwork: Equatable, BitwiseCopyable, Sendable {
  /// The first address.
  public let address: IPAddress
  /// Which bits count.
  public let mask: UInt128

  /// Makes the network of an address whose first `length` of 128 bits count; an IPv4 one's are 96 more.
  public init(_ address: IPAddress, length: Int) {
    // Bit by bit: a shift of 128 bits by a variable calls __ashlti3, which no library here has.
    var mask: UInt128 = 0
    for bit in 0..<128 { mask = mask << 1 | (bit < length ? 1 : 0) }
    self.mask = mask
    self.address = IPAddress(bits: address.bits & mask)
  }

  /// Whether the address is in it. `::/0` has no IPv4 address, though these are compared as mapped.
  public func contains(_ other: IPAddress) -> Bool {
    other.bits & mask == address.bits && (address.isV4 || !other.isV4)
  }

  /// Reads `10.0.0.0/8`, `fd00::/8`, or one address; bits after the prefix do not matter.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    let expected = ValueProblem.expected("an address or a range such as 10.0.0.0/8 or fd00::/8")
    let slash = text.index(of: UInt8(ascii: "/"))
    let literal = text.before(slash ?? text.count)
    guard let address = IPAddress(parsing: literal) else { throw expected }
    let isV4 = literal.index(of: UInt8(ascii: ":")) == nil
    var length = 128
    if let slash {
      guard let typed = text.from(slash &+ 1).decimal(atMost: isV4 ? 32 : 128) else {
        throw expected
      }
      length = Int(typed) &+ (isV4 ? 96 : 0)
    }
    self.init(address, length: length)
  }
}
