// Searching and cutting bytes without a trap: what is asked for beyond the end is not there.
// What is never inlined here and in HTTPBytes.swift would be, even at -Osize, at each of its many
// callers: 3 KiB more.

extension Span where Element == UInt8 {
  /// The place of the first such byte at or after `start`.
  @inline(never) func index(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = max(start, 0)
    while index < count {
      if self[index] == byte { return index }
      index &+= 1
    }
    return nil
  }

  /// The place of the last such byte.
  func lastIndex(of byte: UInt8) -> Int? {
    var index = count
    while index > 0 {
      index &-= 1
      if self[index] == byte { return index }
    }
    return nil
  }

  /// The place of the first occurrence of the literal.
  @inline(never) func index(of text: StaticString) -> Int? {
    var index = 0
    while count &- index >= text.utf8CodeUnitCount {
      if hasPrefix(from(index), text) { return index }
      index &+= 1
    }
    return nil
  }

  /// The bytes from `start` on; none where `start` is past the end.
  @_lifetime(copy self)
  func from(_ start: Int) -> Span<UInt8> { cut(start, count) }

  /// The bytes before `end`; all where `end` is past the end.
  @_lifetime(copy self)
  func before(_ end: Int) -> Span<UInt8> { cut(0, end) }

  /// The bytes from `start` to before `end`, clamped to what there is: never a trap.
  @_lifetime(copy self)
  func cut(_ start: Int, _ end: Int) -> Span<UInt8> {
    let first = min(max(start, 0), count)
    return extracting(first..<max(first, min(end, count)))
  }

  /// The number that the bytes are in decimal digits alone, where it is at most `limit`.
  @inline(never) func decimal(atMost limit: UInt64) -> UInt64? {
    if isEmpty { return nil }
    var number: UInt64 = 0
    for index in 0..<count {
      if !self[index].isDigit { return nil }
      let (tens, isTooMany) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooMuch) = tens.addingReportingOverflow(UInt64(self[index] &- UInt8(ascii: "0")))
      if isTooMany || isTooMuch || sum > limit { return nil }
      number = sum
    }
    return number
  }
}

extension UInt8 {
  /// A small ASCII letter's capital; every other byte itself.
  var uppercased: UInt8 {
    self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self &- 32 : self
  }

  /// Whether a terminal shows it as one sign: ASCII from space to tilde.
  var isPrintable: Bool { self >= 0x20 && self <= 0x7e }
}

extension [UInt8] {
  /// Makes an array of the bytes.
  @inline(never) init(copying bytes: Span<UInt8>) {
    self.init()
    reserveCapacity(bytes.count)
    for index in 0..<bytes.count { append(bytes[index]) }
  }

  /// Makes an array of a literal's bytes.
  @inline(never) public init(_ text: StaticString) {
    self.init()
    append(text)
  }

  /// Appends a literal's bytes.
  @inline(never) mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
  }
}
