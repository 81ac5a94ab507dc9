/// Reads YAML, of which JSON is a part, into nodes: what a block is made of. What is not text without
/// meaning lies in nodes; a text lies where it was written, or with those that had to be unfolded or
/// unescaped.
struct YAMLParser: ~Copyable {
  /// How deep mappings and lists may lie in each other.
  static var depthLimit: Int { 64 }
  /// How many values there may be, those counted again that aliases repeat: a chain of aliases of aliases
  /// comes to billions.
  static var nodeLimit: Int { 1 << 20 }
  /// How many names one mapping may have; each is compared with those before it.
  static var nameLimit: Int { 10_000 }
  /// How many anchors a document, and how many repeated names a stream may have.
  static var anchorLimit: Int { 1000 }

  let text: ByteBuffer
  /// Texts that are not as they were written. A node's start counts on in it from the input's end.
  var unfolded: ByteBuffer
  /// How long the input is.
  let length: Int
  /// Where reading ends: with the input, or at once, when something was wrong.
  private(set) var end: Int
  /// What was wrong first.
  private(set) var wrong: YAMLProblem?
  var at = 0
  var lineStart = 0
  var depth = 0
  /// How many values there are, those that aliases repeat counted each time.
  var weight = 0
  /// The first is nobody's, so that 0 is none.
  var nodes = [YAMLNode(kind: .null)]
  var anchors: [YAMLAnchor] = []
  var roots: [Int] = []
  var repeatedNames: [Int] = []

  private init(_ text: consuming ByteBuffer) {
    length = text.count
    end = length
    // An escape of two bytes is three at most.
    unfolded = ByteBuffer(capacity: length &+ length / 2 &+ 4)
    self.text = text
  }

  /// Reads all documents of a text.
  static func read(_ text: consuming ByteBuffer) throws(YAMLProblem) -> YAMLParser {
    var parser = YAMLParser(text)
    parser.readStream()
    if let wrong = parser.wrong { throw wrong }
    return parser
  }

  // Inlined at each of its many callers these would be 4 KiB more. And they are mutating, though they
  // change nothing: the optimizer keeps the parser in registers from one to the next call that is not, and
  // makes a copy of it for each.
  @inline(never) mutating func byte(_ place: Int) -> UInt8 {
    place >= 0 && place < end ? text.bytes[place] : 0
  }

  var here: UInt8 { @inline(never) mutating get { byte(at) } }
  var column: Int { at &- lineStart }

  @inline(never) mutating func isBreak(_ place: Int) -> Bool {
    byte(place).isOne(of: "\n\r")
  }

  @inline(never) mutating func isSpace(_ place: Int) -> Bool {
    byte(place).isOne(of: " \t")
  }

  /// Whether a blank, a line's end or the text's is there.
  @inline(never) mutating func isBlank(_ place: Int) -> Bool {
    place >= end || byte(place).isOne(of: " \t\n\r")
  }

  /// Whether a document ends or begins here.
  var isMarker: Bool {
    @inline(never) mutating get {
      if at != lineStart || !here.isOne(of: "-.") { return false }
      return byte(at &+ 1) == here && byte(at &+ 2) == here && isBlank(at &+ 3)
    }
  }

  /// Whether nothing but spaces is before this in its line.
  private var isFirstInLine: Bool {
    @inline(never) mutating get {
      for place in lineStart..<at where byte(place) != UInt8(ascii: " ") { return false }
      return true
    }
  }

  func problem(_ fault: YAMLFault, at place: Int) -> YAMLProblem {
    var line: UInt32 = 1
    var start = 0
    let place = min(place, length)
    for index in 0..<place {
      let isReturn = text.bytes[index] == UInt8(ascii: "\r")
      let next = index &+ 1 < length ? text.bytes[index &+ 1] : 0
      if text.bytes[index] == UInt8(ascii: "\n") || (isReturn && next != UInt8(ascii: "\n")) {
        line &+= 1
        start = index &+ 1
      }
    }
    return YAMLProblem(fault: fault, line: line, column: UInt32(place &- start &+ 1))
  }

  /// Notes what is wrong. Nothing is left to be read then, and so everybody comes to an end: code that
  /// throws at so many places is twice as large.
  @inline(never) mutating func fail(_ fault: YAMLFault, at place: Int = -1) {
    if wrong == nil { wrong = problem(fault, at: place < 0 ? at : place) }
    end = 0
  }

  /// Passes a line's end, of one byte or two.
  @inline(never) mutating func passBreak() {
    if here == UInt8(ascii: "\r") && byte(at &+ 1) == UInt8(ascii: "\n") { at &+= 1 }
    at &+= 1
    lineStart = at
  }

  @inline(never) mutating func passSpaces() {
    while isSpace(at) { at &+= 1 }
  }

  /// Passes blanks, comments and line ends.
  @inline(never) mutating func skip(inFlow: Bool = false) {
    while at < end {
      if here == UInt8(ascii: "\t") {
        let tab = at
        let indents = !inFlow && isFirstInLine
        passSpaces()
        if indents && !isBlank(at) && here != UInt8(ascii: "#") { fail(.tab, at: tab) }
      } else if here == UInt8(ascii: " ") {
        at &+= 1
      } else if isBreak(at) {
        passBreak()
      } else if here == UInt8(ascii: "#") && (at == lineStart || isBlank(at &- 1)) {
        while at < end && !isBreak(at) { at &+= 1 }
      } else {
        return
      }
    }
  }

  mutating func enter() {
    if depth == YAMLParser.depthLimit { fail(.tooDeep) }
    depth &+= 1
  }

  /// Whether a block whose lines begin at that column goes on.
  @inline(never) private mutating func goesOn(_ block: Int) -> Bool {
    skip()
    if at >= end || isMarker { return false }
    let isFirst = isFirstInLine
    if isFirst && column < block { return false }
    if !isFirst {
      fail(.behind)
      return false
    }
    if column != block {
      fail(.indentation)
      return false
    }
    return true
  }

  private var isDash: Bool {
    @inline(never) mutating get { here == UInt8(ascii: "-") && isBlank(at &+ 1) }
  }

  /// Whether a text that has just ended is a name: a colon comes next.
  var isName: Bool {
    @inline(never) mutating get {
      var place = at
      while isSpace(place) { place &+= 1 }
      return byte(place) == UInt8(ascii: ":") && isBlank(place &+ 1)
    }
  }

  /// Reads the value that is next.
  ///
  /// - Parameters:
  ///   - parent: the column of the block that it is in; what stands there or before it is not in it.
  ///   - isValue: whether it is a name's: then a list may begin in the name's own column.
  ///   - isFresh: whether a block may begin in this line.
  @inline(never) mutating func node(_ parent: Int, isValue: Bool, isFresh: Bool) -> Int {
    let before = weight
    var isFresh = isFresh
    var outer = YAMLProperties()
    var inner = YAMLProperties()
    var start = -1
    while true {
      let line = lineStart
      skip()
      if lineStart != line {
        isFresh = true
        if start >= 0 {
          join(&outer, inner)
          inner = YAMLProperties()
          start = -1
        }
      }
      let isOwn = column > parent || (isValue && column == parent && isDash)
      if at >= end || isMarker || !isOwn {
        join(&outer, inner)
        return finish(YAMLNode(kind: .null), outer, before)
      }
      guard here.isOne(of: "&!") else { break }
      if start < 0 { start = column }
      property(&inner)
    }
    if isDash {
      if !isFresh || start >= 0 { fail(.listHere) }
      return list(column, outer, before)
    }
    let column = start < 0 ? column : start
    let (line, place) = (lineStart, at)
    let scalar = content(parent)
    let canBeName = scalar.kind != .map && scalar.kind != .list
    if isName {
      if !isFresh || lineStart != line { fail(.secondColon) }
      if !canBeName || scalar.kind == .alias { fail(.complexName, at: place) }
      return mapping(column, finish(scalar, inner, weight), outer, before)
    }
    join(&outer, inner)
    if scalar.kind == .alias && outer.isAny { fail(.anchor, at: place) }
    return finish(scalar, outer, before)
  }

  /// Reads a value that is no block of lines.
  @inline(never) private mutating func content(_ parent: Int) -> YAMLNode {
    switch here {
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      return flowCollection()
    case UInt8(ascii: "*"): return alias()
    case UInt8(ascii: "|"), UInt8(ascii: ">"): return blockScalar(parent)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted()
    case UInt8(ascii: "?") where isBlank(at &+ 1):
      fail(.complexName)
      return YAMLNode(kind: .null)
    default: return plain(parent, inFlow: false)
    }
  }

  /// A mapping whose first name has been read, up to its colon.
  @inline(never) private mutating func mapping(
    _ block: Int, _ first: Int, _ properties: YAMLProperties, _ before: Int
  ) -> Int {
    enter()
    let map = add(YAMLNode(kind: .map))
    var row = YAMLRow(container: map)
    var name = first
    repeat {
      passSpaces()
      at &+= 1
      let value = node(block, isValue: true, isFresh: false)
      append(name, value, &row)
      if !goesOn(block) { break }
      name = blockName()
    } while true
    depth &-= 1
    merge(&row)
    close(map, properties, before)
    return map
  }

  /// The next name of a mapping, up to its colon.
  private mutating func blockName() -> Int {
    let (start, line) = (at, lineStart)
    var properties = YAMLProperties()
    while here.isOne(of: "&!") {
      property(&properties)
      passSpaces()
    }
    if isDash || isBlank(at) { fail(.expectedName, at: start) }
    if here.isOne(of: "*[{")
      || (here == UInt8(ascii: "?") && isBlank(at &+ 1))
    {
      fail(.complexName)
    }
    // As in no block at all: it goes on in no other line.
    let name =
      here.isOne(of: "\"'")
      ? quoted() : plain(Int.max, inFlow: false)
    if !isName || lineStart != line { fail(.expectedName, at: start) }
    return finish(name, properties, weight)
  }

  @inline(never) private mutating func list(
    _ block: Int, _ properties: YAMLProperties, _ before: Int
  ) -> Int {
    enter()
    let list = add(YAMLNode(kind: .list))
    var row = YAMLRow(container: list)
    repeat {
      at &+= 1
      append(node(block, isValue: false, isFresh: true), &row)
    } while goesOn(block) && isDash
    depth &-= 1
    close(list, properties, before)
    return list
  }
}
