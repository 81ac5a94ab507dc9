// Texts: without quotes, in quotes, and in blocks. One that stands in one line as it is meant stays where it
// is; of the others what they come to is written behind the input.

/// Whether the byte ends a text in brackets.
@inline(never) func isFlowSign(_ byte: UInt8) -> Bool { byte.isOne(of: ",[]{}") }

extension YAMLParser {
  @inline(never) private mutating func copy(_ from: Int, _ to: Int) {
    var place = from
    while place < to {
      let byte = text.bytes[place]
      unfolded.append(byte)
      place &+= 1
    }
  }

  /// What that many line ends come to between two lines of a text that is folded.
  @inline(never) private mutating func fold(_ breaks: Int) {
    if breaks == 1 { return unfolded.append(UInt8(ascii: " ")) }
    for _ in 1..<max(breaks, 1) { unfolded.append(UInt8(ascii: "\n")) }
  }

  @inline(never) private mutating func made(from start: Int, _ kind: YAMLNode.Kind = .string)
    -> YAMLNode
  {
    YAMLNode(
      kind: kind, start: UInt32(length &+ start), count: UInt32(unfolded.count &- start))
  }

  private var beginsPlain: Bool {
    mutating get {
      if here.isOne(of: "-?:") { return !isBlank(at &+ 1) }
      return !here.isOne(of: ",[]{}#&*!|>'\"%@`")
    }
  }

  /// Passes what of a text without quotes is in this line.
  private mutating func passPlainLine(_ inFlow: Bool) {
    let start = at
    var last = at
    while at < end && !isBreak(at) {
      if here == UInt8(ascii: "#") && at > start && isBlank(at &- 1) { break }
      if here == UInt8(ascii: ":")
        && (isBlank(at &+ 1) || (inFlow && isFlowSign(byte(at &+ 1))))
      {
        break
      }
      if inFlow && isFlowSign(here) { break }
      at &+= 1
      if !isSpace(at &- 1) { last = at }
    }
    at = last
  }

  /// Reads a text without quotes.
  ///
  /// - Parameter parent: the column of the block that it is in: its next lines are further in.
  mutating func plain(_ parent: Int, inFlow: Bool) -> YAMLNode {
    let start = at
    if !beginsPlain || (inFlow && isFlowSign(byte(at &+ 1)) && here == UInt8(ascii: "-")) {
      fail(.character)
      return YAMLNode(kind: .null)
    }
    passPlainLine(inFlow)
    if at == start {
      fail(.character)
      return YAMLNode(kind: .null)
    }
    var node = YAMLNode(
      kind: plainKind(text.bytes.cut(start, at)), start: UInt32(start), count: UInt32(at &- start))
    if parent == Int.max || isName { return node }
    while true {
      let (place, line) = (at, lineStart)
      let breaks = passEmptyLines()
      let from = at
      if breaks > 0 && at < end && !isMarker && (inFlow || column > parent)
        && here != UInt8(ascii: "#")
      {
        passPlainLine(inFlow)
      }
      if at == from {
        at = place
        lineStart = line
        return node
      }
      if Int(node.start) == start {
        let to = place
        node = YAMLNode(kind: .string, start: UInt32(length &+ unfolded.count))
        copy(start, to)
      }
      fold(breaks)
      copy(from, at)
      node.count = UInt32(length &+ unfolded.count &- Int(node.start))
      if !inFlow && isName {
        let isTab = byte(from &- 1) == UInt8(ascii: "\t")
        fail(isTab ? .tab : .secondColon, at: isTab ? from &- 1 : at)
        return node
      }
    }
  }

  /// Passes blanks, and line ends with the blanks after them; how many line ends.
  private mutating func passEmptyLines() -> Int {
    var breaks = 0
    passSpaces()
    while at < end && isBreak(at) {
      passBreak()
      breaks &+= 1
      passSpaces()
    }
    return breaks
  }

  /// Reads a text in quotes.
  mutating func quoted() -> YAMLNode {
    let quote = here
    let open = at
    at &+= 1
    let start = at
    while at < end && here != quote && here != UInt8(ascii: "\\") && !isBreak(at) { at &+= 1 }
    if here == quote && byte(at &+ 1) != quote {
      at &+= 1
      return YAMLNode(
        kind: .string, start: UInt32(start), count: UInt32(at &- 1 &- start))
    }
    at = start
    let made = unfolded.count
    // Blanks at a line's end are dropped as far as to here.
    var kept = made
    while at < end {
      if here == quote {
        at &+= 1
        if quote == UInt8(ascii: "\"") || here != quote { return self.made(from: made) }
        unfolded.append(quote)
        at &+= 1
      } else if isBreak(at) {
        unfolded.truncate(to: kept)
        fold(passEmptyLines())
        if isMarker { break }
      } else if here == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") {
        at &+= 1
        escape()
      } else {
        let byte = here
        unfolded.append(byte)
        at &+= 1
        if isSpace(at &- 1) { continue }
      }
      kept = unfolded.count
    }
    fail(.unclosed, at: open)
    return YAMLNode(kind: .null)
  }

  /// Reads what follows a backslash.
  @inline(never) private mutating func escape() {
    let start = at
    if isBreak(at) {
      // The line goes on in the next one, where blanks begin it not.
      for _ in 1..<max(passEmptyLines(), 1) { unfolded.append(UInt8(ascii: "\n")) }
      return
    }
    let letter = here
    at &+= 1
    // A letter, and the byte that it stands for.
    let known: StaticString = "0\u{0}a\u{7}b\u{8}t\tn\nv\u{b}f\u{c}r\re\u{1b}  \"\"//\\\\\t\t"
    for index in stride(from: 0, to: known.utf8CodeUnitCount, by: 2)
    where known.utf8Start[index] == letter {
      return unfolded.append(known.utf8Start[index &+ 1])
    }
    let code: UInt32
    switch letter {
    case UInt8(ascii: "N"): code = 0x85
    case UInt8(ascii: "_"): code = 0xa0
    case UInt8(ascii: "L"): code = 0x2028
    case UInt8(ascii: "P"): code = 0x2029
    case UInt8(ascii: "x"): code = hexadecimal(2)
    case UInt8(ascii: "u"): code = codePoint()
    case UInt8(ascii: "U"): code = hexadecimal(8)
    default: return fail(.escape, at: start)
    }
    if code > 0x10_ffff { return fail(.escape, at: start) }
    append(codePoint: code)
  }

  private mutating func hexadecimal(_ digits: Int) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = here.hexadecimalValue else {
        fail(.escape)
        return 0
      }
      code = code << 4 | UInt32(digit)
      at &+= 1
    }
    return code
  }

  /// Four digits, or JSON's twice four of what is beyond; half a pair is U+FFFD, as Go has it.
  @inline(never) private mutating func codePoint() -> UInt32 {
    let high = hexadecimal(4)
    if high < 0xd800 || high > 0xdfff { return high }
    if high > 0xdbff || here != UInt8(ascii: "\\") || byte(at &+ 1) != UInt8(ascii: "u") {
      return 0xfffd
    }
    let place = at
    at &+= 2
    let low = hexadecimal(4)
    if low >= 0xdc00 && low <= 0xdfff {
      return 0x1_0000 &+ (high &- 0xd800) << 10 &+ (low &- 0xdc00)
    }
    at = place
    return 0xfffd
  }

  @inline(never) private mutating func append(codePoint code: UInt32) {
    if code < 0x80 { return unfolded.append(UInt8(code)) }
    if code < 0x800 {
      unfolded.append(UInt8(0xc0 | code >> 6))
    } else {
      if code < 0x1_0000 {
        unfolded.append(UInt8(0xe0 | code >> 12))
      } else {
        unfolded.append(UInt8(0xf0 | code >> 18))
        unfolded.append(UInt8(0x80 | code >> 12 & 0x3f))
      }
      unfolded.append(UInt8(0x80 | code >> 6 & 0x3f))
    }
    unfolded.append(UInt8(0x80 | code & 0x3f))
  }

  /// Reads a text in lines of its own, after `|` (as they are) or `>` (folded).
  @inline(never) mutating func blockScalar(_ parent: Int) -> YAMLNode {
    let isFolded = here == UInt8(ascii: ">")
    at &+= 1
    // How many of the line ends behind it stay: all, one, or none.
    var chomping: UInt8 = 0
    var deeper = 0
    while !isBlank(at) {
      if here.isOne(of: "+-"), chomping == 0 {
        chomping = here
      } else if here >= UInt8(ascii: "1") && here <= UInt8(ascii: "9") && deeper == 0 {
        deeper = Int(here &- UInt8(ascii: "0"))
      } else {
        fail(.blockHeader)
      }
      at &+= 1
    }
    passSpaces()
    if here == UInt8(ascii: "#") {
      while at < end && !isBreak(at) { at &+= 1 }
    }
    if at < end && !isBreak(at) { fail(.blockHeader) }
    if at < end { passBreak() }
    let made = unfolded.count
    var indent = deeper > 0 ? max(parent, 0) &+ deeper : -1
    // Line ends that are not written yet.
    var breaks = 0
    if indent < 0 { indent = max(findIndent(&breaks), parent &+ 1, 1) }
    var hasLine = false
    var wasBlank = true
    while true {
      breaks &+= passBlockBreaks(indent)
      if column != indent || at >= end { break }
      let startsBlank = isSpace(at)
      if hasLine && isFolded && !wasBlank && !startsBlank {
        fold(breaks)
      } else {
        for _ in 0..<breaks { unfolded.append(UInt8(ascii: "\n")) }
      }
      let from = at
      while at < end && !isBreak(at) { at &+= 1 }
      copy(from, at)
      hasLine = true
      wasBlank = startsBlank
      breaks = at < end ? 1 : 0
      if at < end { passBreak() }
    }
    if chomping != UInt8(ascii: "-") {
      if chomping == 0 && (!hasLine || breaks > 1) { breaks = hasLine ? 1 : 0 }
      for _ in 0..<breaks { unfolded.append(UInt8(ascii: "\n")) }
    }
    return self.made(from: made)
  }

  /// Passes lines without anything, and the deepest column that spaces reach to in them or before a text.
  private mutating func findIndent(_ breaks: inout Int) -> Int {
    var deepest = 0
    let start = at
    while true {
      while here == UInt8(ascii: " ") { at &+= 1 }
      deepest = max(deepest, column)
      if at >= end || !isBreak(at) { break }
      passBreak()
      breaks &+= 1
    }
    // The text's own line is looked at again.
    at = max(lineStart, start)
    return deepest
  }

  /// Passes spaces up to the indentation, and the ends of lines that have nothing else.
  private mutating func passBlockBreaks(_ indent: Int) -> Int {
    var breaks = 0
    while true {
      while column < indent && here == UInt8(ascii: " ") { at &+= 1 }
      if at >= end || !isBreak(at) { return breaks }
      passBreak()
      breaks &+= 1
    }
  }
}
