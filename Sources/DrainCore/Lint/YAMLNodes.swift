// How the parser makes nodes: texts with their kind, names in their mapping, what anchors and aliases say.

/// What stands before a value: an anchor and a tag.
struct YAMLProperties: BitwiseCopyable {
  enum Tag: UInt8 { case none, text, null, boolean, integer, number, map, list }

  var anchorStart = 0
  var anchorCount = 0
  var tag = Tag.none

  var isAny: Bool { anchorCount > 0 || tag != .none }
}

/// A value that aliases can repeat, and how many values it comes to.
struct YAMLAnchor: BitwiseCopyable {
  var start: Int
  var count: Int
  var node: UInt32
  var weight: Int
}

/// A mapping or list that is being filled.
struct YAMLRow: BitwiseCopyable {
  let container: Int
  /// The last value in it; 0 as long as there is none.
  var last = 0
  var count = 0

  init(container: Int) { self.container = container }
}

extension YAMLParser {
  /// The text of a scalar as it is meant; none of anything else.
  @_lifetime(borrow self)
  func bytes(_ node: YAMLNode) -> Span<UInt8> {
    let isText = node.kind.rawValue <= YAMLNode.Kind.string.rawValue || node.kind == .merge
    let start = isText ? Int(node.start) : 0
    let count = isText ? Int(node.count) : 0
    if start >= length { return unfolded.bytes.cut(start &- length, start &- length &+ count) }
    return text.bytes.cut(start, start &+ count)
  }

  /// Where these bytes are, as long as the parser is.
  func place(_ node: YAMLNode) -> UnsafeBufferPointer<UInt8> {
    bytes(node).withUnsafeBufferPointer { $0 }
  }

  mutating func add(_ node: YAMLNode, weight more: Int = 1) -> Int {
    weight &+= more
    if weight > YAMLParser.nodeLimit { fail(.tooMany) }
    nodes.append(node)
    return nodes.count &- 1
  }

  /// Makes the node of a scalar or an alias; a collection has its own already.
  mutating func finish(_ node: YAMLNode, _ properties: YAMLProperties, _ before: Int) -> Int {
    if unfolded.cut > 0 { fail(.tooLong) }
    if node.kind == .map || node.kind == .list {
      close(Int(node.start), properties, before)
      return Int(node.start)
    }
    var node = node
    switch properties.tag {
    case .none: break
    case .text: node.kind = .string
    default: node.kind = plainKind(bytes(node))
    }
    let place = add(node, weight: node.kind == .alias ? 0 : 1)
    close(place, properties, before)
    return place
  }

  /// Checks a whole value against its tag and remembers it by its anchor.
  mutating func close(_ place: Int, _ properties: YAMLProperties, _ before: Int) {
    let kind = nodes[place].kind
    let isMeant =
      switch properties.tag {
      case .none: true
      case .text: kind == .string
      case .null: kind == .null
      case .boolean: kind == .yes || kind == .no
      case .integer: kind == .integer
      case .number: kind == .integer || kind == .float
      case .map: kind == .map
      case .list: kind == .list
      }
    if !isMeant { fail(.tag) }
    if properties.anchorCount == 0 { return }
    if anchors.count == YAMLParser.anchorLimit { fail(.tooMany) }
    anchors.append(
      YAMLAnchor(
        start: properties.anchorStart, count: properties.anchorCount, node: UInt32(place),
        weight: weight &- before))
  }

  /// Properties in two lines: the first are a block's, the others its first name's, where it has one.
  mutating func join(_ outer: inout YAMLProperties, _ inner: YAMLProperties) {
    if inner.anchorCount > 0 {
      if outer.anchorCount > 0 { fail(.anchor) }
      outer.anchorStart = inner.anchorStart
      outer.anchorCount = inner.anchorCount
    }
    if inner.tag != .none {
      if outer.tag != .none { fail(.tag) }
      outer.tag = inner.tag
    }
  }

  /// Passes the name after `&` or `*`.
  private mutating func passAnchorName() -> Int {
    at &+= 1
    let start = at
    while !isBlank(at) && !isFlowSign(here) { at &+= 1 }
    if at == start { fail(.anchor) }
    return start
  }

  /// Reads an anchor or a tag.
  mutating func property(_ properties: inout YAMLProperties) {
    if here == UInt8(ascii: "&") {
      if properties.anchorCount > 0 { fail(.anchor) }
      properties.anchorStart = passAnchorName()
      properties.anchorCount = at &- properties.anchorStart
      return
    }
    let start = at
    while !isBlank(at) && !isFlowSign(here) { at &+= 1 }
    // In the order of the enumeration.
    let known = index(
      of: text.bytes.cut(start, at), in: "- !!str !!null !!bool !!int !!float !!map !!seq !")
    let found = YAMLProperties.Tag(rawValue: UInt8(max(known, 0))) ?? .text
    if found == .none || properties.tag != .none { fail(.tag, at: start) }
    properties.tag = found
  }

  /// Reads an alias.
  mutating func alias() -> YAMLNode {
    let start = passAnchorName()
    guard let index = anchorIndex(start) else {
      fail(.alias, at: start &- 1)
      return YAMLNode(kind: .null)
    }
    weight &+= anchors[index].weight
    if weight > YAMLParser.nodeLimit { fail(.tooMany, at: start) }
    return YAMLNode(kind: .alias, start: anchors[index].node)
  }

  /// The last anchor with the name from `start` to here.
  private mutating func anchorIndex(_ start: Int) -> Int? {
    let name = text.bytes.cut(start, at)
    var index = anchors.count
    while index > 0 {
      index &-= 1
      let known = anchors[index].start
      if isSameText(text.bytes.cut(known, known &+ anchors[index].count), name) { return index }
    }
    return nil
  }

  /// Puts a value at a list's end.
  mutating func append(_ value: Int, _ row: inout YAMLRow) {
    if row.last == 0 {
      nodes[row.container].start = UInt32(value)
    } else {
      nodes[row.last].next = UInt32(value)
    }
    row.last = value
    row.count &+= 1
  }

  /// Puts a name and its value into a mapping; of a name that is there already the last value counts.
  mutating func append(_ name: Int, _ value: Int, _ row: inout YAMLRow) {
    if nodes[name].kind == .null { return fail(.expectedName) }
    if row.count > 2 &* YAMLParser.nameLimit { return fail(.tooMany) }
    if nodes[name].kind != .merge {
      nodes[name].hash = YAMLParser.hash(bytes(nodes[name]))
      if let known = known(name, row) {
        let old = Int(nodes[known].next)
        nodes[value].next = nodes[old].next
        nodes[known].next = UInt32(value)
        if row.last == old { row.last = value }
        if repeatedNames.count < YAMLParser.anchorLimit {
          repeatedNames.append(Int(problem(.expectedName, at: Int(nodes[name].start)).line))
        }
        return
      }
    }
    append(name, &row)
    append(value, &row)
  }

  /// The place of the same name in a mapping.
  private mutating func known(_ name: Int, _ row: YAMLRow) -> Int? {
    var key = Int(nodes[row.container].start)
    while key != 0 {
      if nodes[key].hash == nodes[name].hash && nodes[key].kind != .merge
        && isSameText(bytes(nodes[key]), bytes(nodes[name]))
      {
        return key
      }
      key = Int(nodes[Int(nodes[key].next)].next)
    }
    return nil
  }

  /// The value of a name in a mapping.
  func value(_ name: Span<UInt8>, firstOf map: YAMLNode) -> Int {
    let hash = YAMLParser.hash(name)
    var key = Int(map.start)
    while key != 0 {
      let node = nodes[key]
      if node.hash == hash && isSameText(bytes(node), name) { return Int(node.next) }
      key = Int(nodes[Int(node.next)].next)
    }
    return 0
  }

  /// Gives a mapping the names of those that `<<` names, where it has none of its own.
  @inline(never) mutating func merge(_ row: inout YAMLRow) {
    var before = 0
    var key = Int(nodes[row.container].start)
    var sources: [Int] = []
    while key != 0 {
      let value = Int(nodes[key].next)
      let next = nodes[value].next
      if nodes[key].kind == .merge {
        sources.append(value)
        if before == 0 {
          nodes[row.container].start = next
        } else {
          nodes[before].next = next
        }
        if row.last == value { row.last = before }
      } else {
        before = value
      }
      key = Int(next)
    }
    for source in sources {
      let target = meant(source)
      if nodes[target].kind == .list {
        var item = Int(nodes[target].start)
        while item != 0 {
          take(from: meant(item), &row)
          item = Int(nodes[item].next)
        }
      } else {
        take(from: target, &row)
      }
    }
  }

  private mutating func meant(_ place: Int) -> Int {
    var place = place
    while nodes[place].kind == .alias { place = Int(nodes[place].start) }
    return place
  }

  private mutating func take(from source: Int, _ row: inout YAMLRow) {
    if nodes[source].kind != .map { return fail(.merge) }
    var key = Int(nodes[source].start)
    while key != 0 {
      let value = nodes[key].next
      let next = Int(nodes[Int(value)].next)
      if known(key, row) == nil {
        if row.count > 2 &* YAMLParser.nameLimit { return fail(.tooMany) }
        var name = nodes[key]
        name.next = 0
        append(add(name), &row)
        append(add(YAMLNode(kind: .alias, start: value)), &row)
      }
      key = next
    }
  }

  /// FNV-1a.
  static func hash(_ name: Span<UInt8>) -> UInt32 {
    var hash: UInt32 = 2_166_136_261
    for index in 0..<name.count { hash = (hash ^ UInt32(name[index])) &* 16_777_619 }
    return hash
  }
}
