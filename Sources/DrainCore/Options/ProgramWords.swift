/// Splits a program and its arguments at blanks, as written in a check or a hook: there is no shell.
///
/// What stands between two quotes, single or double, is one word or part of one, and is taken as it
/// is; nothing else has a meaning, and what a shell would act on is refused.
func programWords(_ text: Span<UInt8>) throws(ValueProblem) -> [[UInt8]] {
  var words: [[UInt8]] = []
  var word: [UInt8] = []
  var isInWord = false
  var quote: UInt8?
  for index in 0..<text.count {
    let byte = text[index]
    if byte == 0 { throw .refused("no word of a command has a zero byte") }
    if byte == quote {
      quote = nil
    } else if quote != nil {
      word.append(byte)
    } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
      quote = byte
      isInWord = true
    } else if byte == space || byte == tab || byte == lineFeed {
      if isInWord { words.append(word) }
      word = []
      isInWord = false
    } else {
      if isShells(text, index, isInWord) {
        throw .refused("no shell runs this: put it in sh -c '...', or the sign in quotes")
      }
      word.append(byte)
      isInWord = true
    }
  }
  if quote != nil { throw .refused("a quote is opened and not closed") }
  if isInWord { words.append(word) }
  if words.isEmpty || words[0].isEmpty { throw .expected("a program and its arguments") }
  return words
}

/// Whether a byte outside of quotes is one that a shell acts on: a list's or a redirection's sign where a word
/// begins, a semicolon where one ends, and what stands for something else.
private func isShells(_ text: Span<UInt8>, _ index: Int, _ isInWord: Bool) -> Bool {
  let next = index &+ 1 < text.count ? text[index &+ 1] : space
  switch text[index] {
  case UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"): return !isInWord
  case UInt8(ascii: ";"): return next == space || next == lineFeed
  case UInt8(ascii: "$"):
    return next.isLetter || next == UInt8(ascii: "{") || next == UInt8(ascii: "(")
  default: return text[index] == UInt8(ascii: "`")
  }
}
