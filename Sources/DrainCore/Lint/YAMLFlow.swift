// Collections in brackets, which JSON is made of, and the documents of a stream.

extension YAMLParser {
  /// Reads `[...]` or `{...}`: its kind, and its node's place as the start.
  mutating func flowCollection() -> YAMLNode {
    enter()
    let open = at
    let isMap = here == UInt8(ascii: "{")
    let kind: YAMLNode.Kind = isMap ? .map : .list
    let close = isMap ? UInt8(ascii: "}") : UInt8(ascii: "]")
    var row = YAMLRow(container: add(YAMLNode(kind: kind)))
    at &+= 1
    while true {
      skip(inFlow: true)
      if here == close { break }
      if isMap {
        flowPair(flowNode(open), open, &row)
      } else {
        let line = lineStart
        let item = flowNode(open)
        skip(inFlow: true)
        if here == UInt8(ascii: ":") {
          // `[a: b]` is a list of a mapping of one.
          if line != lineStart { fail(.secondColon) }
          var pair = YAMLRow(container: add(YAMLNode(kind: .map)))
          flowPair(item, open, &pair)
          append(pair.container, &row)
        } else {
          append(item, &row)
        }
      }
      skip(inFlow: true)
      if here == UInt8(ascii: ",") {
        at &+= 1
      } else if here != close {
        if at >= end || isMarker { fail(.unclosed, at: open) } else { fail(.expectedComma) }
        break
      }
    }
    at &+= 1
    depth &-= 1
    if isMap { merge(&row) }
    return YAMLNode(kind: kind, start: UInt32(row.container))
  }

  /// Reads the rest of a pair whose name was read; without a colon its value is null.
  private mutating func flowPair(_ name: Int, _ open: Int, _ row: inout YAMLRow) {
    let kind = nodes[name].kind
    if kind == .map { return fail(.template, at: open) }
    if kind == .list || kind == .alias { return fail(.complexName) }
    skip(inFlow: true)
    if here == UInt8(ascii: ":") {
      at &+= 1
      append(name, flowNode(open), &row)
    } else {
      append(name, add(YAMLNode(kind: .null)), &row)
    }
  }

  /// Reads a value in brackets; null where there is none before what ends it.
  private mutating func flowNode(_ open: Int) -> Int {
    let before = weight
    var properties = YAMLProperties()
    skip(inFlow: true)
    while here.isOne(of: "&!") {
      property(&properties)
      skip(inFlow: true)
    }
    if at >= end || isMarker { fail(.unclosed, at: open) }
    let value: YAMLNode
    switch here {
    case UInt8(ascii: "["), UInt8(ascii: "{"): value = flowCollection()
    case UInt8(ascii: "\""), UInt8(ascii: "'"): value = quoted()
    case UInt8(ascii: "*"):
      if properties.isAny { fail(.anchor) }
      value = alias()
    case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
      value = YAMLNode(kind: .null)
    case UInt8(ascii: ":") where isBlank(at &+ 1) || isFlowSign(byte(at &+ 1)):
      value = YAMLNode(kind: .null)
    case UInt8(ascii: "?") where isBlank(at &+ 1):
      fail(.complexName)
      value = YAMLNode(kind: .null)
    default: value = plain(-1, inFlow: true)
    }
    return finish(value, properties, before)
  }

  /// Reads all documents.
  @inline(never) mutating func readStream() {
    check()
    // Lines begin after a byte order mark.
    passMark()
    while true {
      skip()
      passMark()
      if at >= end { return }
      if here == UInt8(ascii: "%") && column == 0 {
        directive()
        continue
      }
      var isFresh = true
      if isMarker {
        let begins = here == UInt8(ascii: "-")
        at &+= 3
        if !begins { continue }
        isFresh = false
      }
      anchors.removeAll(keepingCapacity: true)
      let root = node(-1, isValue: false, isFresh: isFresh)
      let kind = nodes[root].kind
      if kind != .null { roots.append(root) }
      skip()
      // What prints JSON documents puts nothing between them.
      let mayFollow = kind == .map || kind == .list
      let follows = here.isOne(of: "{[")
      if at < end && !isMarker && !(mayFollow && follows) { fail(.behind) }
    }
  }

  private mutating func passMark() {
    if byte(at) == 0xef && byte(at &+ 1) == 0xbb && byte(at &+ 2) == 0xbf {
      at &+= 3
      lineStart = at
    }
  }

  /// Passes `%YAML 1.1`, after which a document begins.
  @inline(never) private mutating func directive() {
    let start = at
    while at < end && !isBreak(at) { at &+= 1 }
    if !hasPrefix(text.bytes.cut(start, at), "%YAML ") { fail(.directive, at: start) }
    skip()
    if !isMarker { fail(.directive, at: start) }
  }

  /// Finds what no document has: control characters, and bytes that are no UTF-8.
  @inline(never) private mutating func check() {
    if text.cut > 0 || length > YAMLStream.longest { fail(.tooLong, at: length) }
    if (byte(0) == 0xff && byte(1) == 0xfe) || (byte(0) == 0xfe && byte(1) == 0xff)
      || (end > 1 && (byte(0) == 0 || byte(1) == 0))
    {
      fail(.utf16, at: 0)
    }
    var place = 0
    while place < end {
      let byte = byte(place)
      if byte < 0x20 && byte != 9 && byte != 10 && byte != 13 || byte == 0x7f {
        fail(.control, at: place)
      }
      var rest = 0
      if byte >= 0x80 {
        rest = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1
        if byte < 0xc2 || byte > 0xf4 { fail(.encoding, at: place) }
      }
      for index in 0..<rest where self.byte(place &+ 1 &+ index) & 0xc0 != 0x80 {
        fail(.encoding, at: place)
      }
      place &+= 1 &+ rest
    }
  }
}
