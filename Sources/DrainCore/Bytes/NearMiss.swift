/// Finds which of several known words somebody meant who typed another.
///
/// Upper and lower case, and hyphen and underscore, are the same here: `--Drain_Signal` is near.
struct NearMiss {
  /// The nearest word so far, nil where none is near.
  private(set) var word: StaticString?

  private static var longest: Int { 40 }
  private var typed = InlineArray<40, UInt8>(repeating: 0)
  private var length = 0
  private var distance: Int

  /// Begins a search for a word near `text`.
  @inline(never) init(_ text: Span<UInt8>) {
    // One mistake in three letters is still that word; of a longer text nothing is near.
    distance = text.count > NearMiss.longest ? 0 : min(max(text.count / 3, 1), 3) &+ 1
    length = min(text.count, NearMiss.longest)
    for index in 0..<length { typed[index] = NearMiss.folded(text[index]) }
  }

  /// Weighs one known word; of two that are equally near the first stays.
  @inline(never) mutating func consider(_ candidate: StaticString) {
    let found = isBeginning(of: candidate) ? 1 : distance(to: candidate)
    // With nothing in common, two short words are not near.
    if found < distance && found < max(length, candidate.utf8CodeUnitCount) {
      distance = found
      word = candidate
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte.lowercased
  }

  private func isBeginning(of candidate: StaticString) -> Bool {
    if length < 3 || length >= candidate.utf8CodeUnitCount { return false }
    for index in 0..<length where typed[index] != NearMiss.folded(candidate.utf8Start[index]) {
      return false
    }
    return true
  }

  /// How many letters to insert, drop, change or swap with a neighbour (optimal string alignment).
  private func distance(to candidate: StaticString) -> Int {
    let width = candidate.utf8CodeUnitCount
    if width > NearMiss.longest { return Int.max }
    var above = InlineArray<41, Int>(repeating: 0)
    var previous = above
    var current = above
    for column in 0...width { current[column] = column }
    for row in 0..<length {
      above = previous
      previous = current
      current[0] = row &+ 1
      for column in 0..<width {
        let letter = NearMiss.folded(candidate.utf8Start[column])
        let change = previous[column] &+ (typed[row] == letter ? 0 : 1)
        var best = min(change, previous[column &+ 1] &+ 1, current[column] &+ 1)
        if row > 0 && column > 0 && typed[row &- 1] == letter
          && typed[row] == NearMiss.folded(candidate.utf8Start[column &- 1])
        {
          best = min(best, above[column &- 1] &+ 1)
        }
        current[column &+ 1] = best
      }
    }
    return current[width]
  }
}
