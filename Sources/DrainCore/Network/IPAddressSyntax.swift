extension IPAddress {
  /// Reads a literal, without brackets: four decimal bytes, or IPv6 (RFC 4291, 2.2), without a zone.
  public init?(parsing text: Span<UInt8>) {
    if text.index(of: UInt8(ascii: ":")) != nil {
      self.init(v6: text)
    } else if let number: UInt32 = IPAddress.v4(text) {
      self = .v4(number)
    } else {
      return nil
    }
  }

  /// Four bytes in decimal; a leading zero is refused, since some read it as octal.
  private static func v4(_ text: Span<UInt8>) -> UInt32? {
    var address: UInt32 = 0
    var start = 0
    for part in 0..<4 {
      let end = text.index(of: UInt8(ascii: "."), from: start) ?? text.count
      if part == 3 ? end != text.count : end == text.count { return nil }
      let digits = text.cut(start, end)
      guard let byte = digits.decimal(atMost: 255),
        digits.count == 1 || digits[0] != UInt8(ascii: "0")
      else { return nil }
      address = address << 8 | UInt32(byte)
      start = end &+ 1
    }
    return address
  }

  private init?(v6 text: Span<UInt8>) {
    var groups = InlineArray<8, UInt16>(repeating: 0)
    var count = 0
    // Where `::` stands: that many groups are before it.
    var gap: Int?
    var start = 0
    if hasPrefix(text, "::") {
      gap = 0
      start = 2
    } else if hasPrefix(text, ":") {
      return nil
    }
    while start < text.count {
      if count == 8 { return nil }
      let end = text.index(of: UInt8(ascii: ":"), from: start) ?? text.count
      let group = text.cut(start, end)
      if end == text.count && group.index(of: UInt8(ascii: ".")) != nil {
        guard count <= 6, let address: UInt32 = IPAddress.v4(group) else { return nil }
        groups[count] = UInt16(truncatingIfNeeded: address >> 16)
        groups[count &+ 1] = UInt16(truncatingIfNeeded: address)
        count &+= 2
        break
      }
      guard let number = IPAddress.hexadecimal(group) else { return nil }
      groups[count] = number
      count &+= 1
      if end == text.count { break }
      start = end &+ 1
      if start == text.count { return nil }
      if text[start] == UInt8(ascii: ":") {
        if gap != nil { return nil }
        gap = count
        start &+= 1
      }
    }
    if gap == nil ? count != 8 : count == 8 { return nil }
    let zeros = 8 &- count
    var bits: UInt128 = 0
    for index in 0..<8 {
      var group: UInt16 = 0
      if index < gap ?? 8 {
        group = groups[index]
      } else if index &- zeros >= gap ?? 8 {
        group = groups[index &- zeros]
      }
      bits = bits << 16 | UInt128(group)
    }
    self.init(bits: bits)
  }

  /// One to four hexadecimal digits.
  private static func hexadecimal(_ text: Span<UInt8>) -> UInt16? {
    if text.isEmpty || text.count > 4 { return nil }
    var number: UInt16 = 0
    for index in 0..<text.count {
      guard let digit = text[index].hexadecimalValue else { return nil }
      number = number << 4 | UInt16(digit)
    }
    return number
  }
}
