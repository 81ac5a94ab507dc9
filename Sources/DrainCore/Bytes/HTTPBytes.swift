// What HTTP's grammar says of single bytes and of short texts (RFC 9110, section 5.6).

let carriageReturn = UInt8(ascii: "\r")
let lineFeed = UInt8(ascii: "\n")
let space = UInt8(ascii: " ")
let tab = UInt8(ascii: "\t")

extension UInt8 {
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isLetter: Bool { lowercased >= UInt8(ascii: "a") && lowercased <= UInt8(ascii: "z") }
  /// A control character, or a space's neighbour DEL; bytes above ASCII are none (obs-text).
  var isControl: Bool { self < 0x20 || self == 0x7F }

  /// The same letter, small; other bytes as they are.
  var lowercased: UInt8 {
    self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
  }

  /// The value of a hexadecimal digit.
  var hexadecimalValue: UInt8? {
    if isDigit { return self &- UInt8(ascii: "0") }
    let letter = lowercased
    guard letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "f") else { return nil }
    return letter &- UInt8(ascii: "a") &+ 10
  }

  /// `tchar`: what methods and field names are made of (RFC 9110, section 5.6.2).
  @inline(never) var isToken: Bool { isDigit || isLetter || isOne(of: "!#$%&'*+-.^_`|~") }

  /// What a registered name or an address is made of (RFC 3986, section 3.2.2).
  @inline(never) var isRegName: Bool { isDigit || isLetter || isOne(of: "-._~%!$&'()*+,;=") }

  /// Whether it is among those of a literal.
  @inline(never) func isOne(of set: Literal) -> Bool {
    var place = set.start
    while place.pointee != 0 {
      if place.pointee == self { return true }
      place += 1
    }
    return false
  }
}

/// Whether `bytes` are exactly `text`.
@inline(never) func isEqual(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
  bytes.count == text.utf8CodeUnitCount && hasPrefix(bytes, text)
}

/// Whether `bytes` are `text`, but for the case of letters.
@inline(never) func isEqualIgnoringCase(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
  bytes.count == text.utf8CodeUnitCount && hasPrefixIgnoringCase(bytes, text)
}

/// Whether `bytes` begin with `text`.
@inline(never) func hasPrefix(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
  guard bytes.count >= text.utf8CodeUnitCount else { return false }
  for index in 0..<text.utf8CodeUnitCount where bytes[index] != text.utf8Start[index] {
    return false
  }
  return true
}

/// Whether `bytes` begin with `text`, but for the case of letters.
@inline(never) func hasPrefixIgnoringCase(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
  guard bytes.count >= text.utf8CodeUnitCount else { return false }
  for index in 0..<text.utf8CodeUnitCount
  where bytes[index].lowercased != text.utf8Start[index].lowercased {
    return false
  }
  return true
}

/// The value without the spaces and tabs around it (`OWS`, RFC 9110, section 5.6.3).
@_lifetime(copy value)
func trimmed(_ value: Span<UInt8>) -> Span<UInt8> {
  var start = 0
  var end = value.count
  while start < end && (value[start] == space || value[start] == tab) { start &+= 1 }
  while end > start && (value[end &- 1] == space || value[end &- 1] == tab) { end &-= 1 }
  return value.extracting(start..<end)
}

/// Percent escapes (RFC 3986, section 2.1).
enum PercentDecoding {
  /// Whether every percent sign is followed by two hexadecimal digits.
  static func isValid(_ text: Span<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
      if text[index] == UInt8(ascii: "%") && escape(text, at: index) == nil { return false }
      index &+= 1
    }
    return true
  }

  /// Whether `text`, decoded, is `expected`.
  static func isEqual(_ text: Span<UInt8>, _ expected: StaticString) -> Bool {
    var index = 0
    for place in 0..<expected.utf8CodeUnitCount {
      guard next(text, &index, plusIsSpace: false) == expected.utf8Start[place] else {
        return false
      }
    }
    return index == text.count
  }

  /// Whether `text`, decoded as a query's value, is `expected`.
  static func isEqual(_ text: Span<UInt8>, query expected: Span<UInt8>) -> Bool {
    isEqual(text, expected, plusIsSpace: true)
  }

  /// Whether `text`, decoded as a part of a path, is `expected`.
  static func isEqual(_ text: Span<UInt8>, path expected: Span<UInt8>) -> Bool {
    isEqual(text, expected, plusIsSpace: false)
  }

  @inline(never) private static func isEqual(
    _ text: Span<UInt8>, _ expected: Span<UInt8>, plusIsSpace: Bool
  ) -> Bool {
    var index = 0
    for place in 0..<expected.count {
      guard next(text, &index, plusIsSpace: plusIsSpace) == expected[place] else { return false }
    }
    return index == text.count
  }

  /// The decoded byte at `index`, which is moved behind it; nil at the end or at a broken escape.
  private static func next(_ text: Span<UInt8>, _ index: inout Int, plusIsSpace: Bool) -> UInt8? {
    guard index < text.count else { return nil }
    let byte = text[index]
    if byte == UInt8(ascii: "%") {
      guard let decoded = escape(text, at: index) else { return nil }
      index &+= 3
      return decoded
    }
    index &+= 1
    return plusIsSpace && byte == UInt8(ascii: "+") ? space : byte
  }

  private static func escape(_ text: Span<UInt8>, at index: Int) -> UInt8? {
    guard index &+ 2 < text.count, let high = text[index &+ 1].hexadecimalValue,
      let low = text[index &+ 2].hexadecimalValue
    else { return nil }
    return high << 4 | low
  }
}
