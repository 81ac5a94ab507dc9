/// Splits a program and its arguments at blanks, as written in a check or a hook: there is no shell.
///
/// What stands between two quotes, single or double, is one word or part of one, and is taken as it
/// is; nothing else has a meaning.
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
      word.append(byte)
      isInWord = true
    }
  }
  if quote != nil { throw .refused("a quote is opened and not closed") }
  if isInWord { words.append(word) }
  if words.isEmpty || words[0].isEmpty { throw .expected("a program and its arguments") }
  return words
}
