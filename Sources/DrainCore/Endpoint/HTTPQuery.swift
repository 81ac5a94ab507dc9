/// The part of a target after the question mark, read as `name=value` pairs between ampersands.
enum HTTPQuery {
  /// One pair, as it is written.
  struct Pair: BitwiseCopyable {
    var name: ByteRange
    var value: ByteRange
  }

  /// The pair that begins at `index`, which is moved behind it; nil at the end.
  static func next(in query: Span<UInt8>, from index: inout Int) -> Pair? {
    guard index < query.count else { return nil }
    var equals: Int?
    var end = index
    while end < query.count && query[end] != UInt8(ascii: "&") {
      if equals == nil && query[end] == UInt8(ascii: "=") { equals = end }
      end &+= 1
    }
    let pair = Pair(
      name: ByteRange(start: index, end: equals ?? end),
      value: ByteRange(start: min((equals ?? end) &+ 1, end), end: end))
    index = end &+ 1
    return pair
  }

  /// Whether there is a pair of that name, whatever its value.
  static func has(_ name: StaticString, in query: Span<UInt8>) -> Bool {
    var index = 0
    while let pair = next(in: query, from: &index) {
      if PercentDecoding.isEqual(pair.name.of(query), name) { return true }
    }
    return false
  }

  /// Whether a pair `exclude=CHECK` names that check.
  static func excludes(_ check: [UInt8], in query: Span<UInt8>) -> Bool {
    var index = 0
    while let pair = next(in: query, from: &index) {
      if PercentDecoding.isEqual(pair.name.of(query), "exclude"),
        PercentDecoding.isEqual(pair.value.of(query), query: check.span)
      {
        return true
      }
    }
    return false
  }

  /// How many `exclude=` pairs name none of `checks`.
  static func countUnmatchedExcludes(in query: Span<UInt8>, checks: [[UInt8]]) -> Int {
    var index = 0
    var unmatched = 0
    while let pair = next(in: query, from: &index) {
      guard PercentDecoding.isEqual(pair.name.of(query), "exclude") else { continue }
      var isMatched = false
      for check in checks
      where PercentDecoding.isEqual(pair.value.of(query), query: check.span) {
        isMatched = true
      }
      if !isMatched { unmatched &+= 1 }
    }
    return unmatched
  }
}
