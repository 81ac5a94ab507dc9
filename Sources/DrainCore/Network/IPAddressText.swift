extension ByteBuffer {
  /// Appends an address: IPv4 with dots, IPv6 as RFC 5952 writes it.
  public mutating func append(_ address: IPAddress) {
    if address.isV4 {
      for index in 12..<16 {
        if index > 12 { append(UInt8(ascii: ".")) }
        append(decimal: UInt64(address.byte(index)))
      }
      return
    }
    let zeros = address.longestZeros
    var group = 0
    while group < 8 {
      if zeros.count > 1 && group == zeros.start {
        append("::")
        group &+= zeros.count
        continue
      }
      if group > 0 && group != zeros.start &+ zeros.count { append(UInt8(ascii: ":")) }
      append(group: address.group(group))
      group &+= 1
    }
  }

  private mutating func append(group: UInt16) {
    var isLeading = true
    for place in 0..<4 {
      let digit = UInt8(truncatingIfNeeded: group >> UInt16(12 &- 4 &* place) & 0xf)
      if digit == 0 && isLeading && place < 3 { continue }
      isLeading = false
      append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10)
    }
  }
}

extension IPAddress {
  fileprivate func byte(_ index: Int) -> UInt8 {
    let half = index < 8 ? UInt64(truncatingIfNeeded: bits >> 64) : UInt64(truncatingIfNeeded: bits)
    return UInt8(truncatingIfNeeded: half >> UInt64(56 &- 8 &* (index & 7)))
  }

  fileprivate func group(_ index: Int) -> UInt16 {
    UInt16(byte(2 &* index)) << 8 | UInt16(byte(2 &* index &+ 1))
  }

  /// The longest run of groups that are zero, the first where there are several.
  fileprivate var longestZeros: (start: Int, count: Int) {
    var best = (start: -2, count: 1)
    var start = 0
    for index in 0..<8 where group(index) != 0 || index == 7 {
      let end = group(index) == 0 ? index &+ 1 : index
      if end &- start > best.count { best = (start, end &- start) }
      start = index &+ 1
    }
    return best
  }
}
