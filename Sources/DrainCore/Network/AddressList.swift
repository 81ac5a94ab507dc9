/// The addresses of a host, in the order in which they are tried.
public struct AddressList: BitwiseCopyable, Sendable {
  /// How many there are.
  public private(set) var count = 0
  private var list = InlineArray<8, IPAddress>(repeating: IPAddress(bits: 0))

  public init() {}

  /// The address at `index`; nil beyond the last.
  public subscript(index: Int) -> IPAddress? {
    index >= 0 && index < count ? list[index] : nil
  }

  /// Appends an address; the ninth and later are dropped: nobody waits for so many connects.
  public mutating func append(_ address: IPAddress) {
    guard count < 8 else { return }
    list[count] = address
    count &+= 1
  }

  /// This host itself. An app may listen on either alone.
  public static var loopback: AddressList {
    var list = AddressList()
    list.append(.v4(0x7f00_0001))
    list.append(IPAddress(bits: 1))
    return list
  }
}
