// UTF-8 as it may be (RFC 3629, section 4): what a program or a user has written may be none.

extension Span<UInt8> {
  /// How many bytes the character at `index` has; 0 where there is none, or no valid one.
  func characterLength(at index: Int) -> Int {
    let rest = from(index)
    guard rest.count > 0 else { return 0 }
    let first = rest[0]
    if first < 0x80 { return 1 }
    // No longer form than is needed, no surrogate, and nothing beyond U+10FFFF.
    var low: UInt8 = 0x80
    var high: UInt8 = 0xbf
    let length: Int
    switch first {
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef:
      length = 3
      if first == 0xe0 { low = 0xa0 }
      if first == 0xed { high = 0x9f }
    case 0xf0...0xf4:
      length = 4
      if first == 0xf0 { low = 0x90 }
      if first == 0xf4 { high = 0x8f }
    default: return 0
    }
    guard rest.count >= length, rest[1] >= low, rest[1] <= high else { return 0 }
    for place in 2..<max(length, 2) where rest[place] & 0xc0 != 0x80 { return 0 }
    return length
  }
}
