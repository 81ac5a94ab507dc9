// Lists of words as one literal: an array of literals takes four times its letters.

/// Which of the words, with a space between, the text is; -1 where it is none.
@inline(never) func index(
  of text: Span<UInt8>, in words: Literal, ignoringCase: Bool = false
) -> Int {
  var index = 0
  while let word = words.part(index) {
    if isSameText(text, word.span, ignoringCase: ignoringCase) { return index }
    index &+= 1
  }
  return -1
}

extension ByteBuffer {
  /// Appends what stands behind the number in one of the lines; where none has it, the number behind `other`.
  @inline(never) mutating func append(
    _ number: UInt64, in lines: Literal, else other: StaticString
  ) {
    var index = 0
    while let line = lines.part(index, between: lineFeed) {
      let blank = line.span.index(of: space) ?? 0
      if line.span.before(blank).decimal(atMost: 999) == number {
        return append(line.span.from(blank &+ 1))
      }
      index &+= 1
    }
    append(other)
    append(decimal: number)
  }
}

/// Whether one of the words, with a space between, is in the text.
@inline(never) func holds(_ text: Span<UInt8>, anyOf words: Literal) -> Bool {
  var index = 0
  while let word = words.part(index) {
    if isIn(word.span, text) { return true }
    index &+= 1
  }
  return false
}

/// Whether the text is in the other one; one that is empty is not.
@inline(never) func isIn(_ text: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
  for start in 0..<other.count where isSameText(other.cut(start, start &+ text.count), text) {
    return true
  }
  return false
}

/// Whether two texts have the same bytes.
@inline(never) func isSameText(
  _ one: Span<UInt8>, _ other: Span<UInt8>, ignoringCase: Bool = false
) -> Bool {
  if one.count != other.count { return false }
  for index in 0..<one.count where one[index] != other[index] {
    if !ignoringCase || one[index].lowercased != other[index].lowercased { return false }
  }
  return true
}
