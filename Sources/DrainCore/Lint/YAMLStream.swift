/// A stream of YAML or JSON documents that was read whole, and is asked by paths.
///
/// Scalars are what kubectl takes them for (YAML 1.1 with `yes`, `on` and `017`), not what YAML 1.2 says.
/// A class, so that a question passes one word: of a structure the optimizer made a copy for each.
/// A value is named by its number; what is asked for and is not there is 0, also where the value is of
/// another type.
public final class YAMLStream {
  /// The longest text that is read.
  public static var longest: Int { 32 << 20 }

  private let parser: YAMLParser

  /// Reads the text, all of it.
  public init(_ text: consuming ByteBuffer) throws(YAMLProblem) {
    parser = try YAMLParser.read(text)
  }

  /// The outermost values, without documents that are empty.
  var roots: [Int] { parser.roots }
  /// The lines in which a mapping has a name again; the last of them counts.
  var repeatedNames: [Int] { parser.repeatedNames }

  /// The value itself, where the node is an alias.
  @inline(never) private func node(_ place: Int) -> YAMLNode {
    var node = parser.nodes[place]
    while node.kind == .alias { node = parser.nodes[Int(node.start)] }
    return node
  }

  func kind(_ value: Int) -> YAMLNode.Kind { node(value).kind }

  /// Where a value begins, for a message.
  func problem(_ fault: YAMLFault, at value: Int) -> YAMLProblem {
    var node = node(value)
    while node.kind == .map || node.kind == .list {
      if node.start == 0 { return YAMLProblem(fault: fault, line: 0, column: 0) }
      node = self.node(Int(node.start))
    }
    return parser.problem(fault, at: Int(node.start))
  }

  /// The value at a path of names with dots between.
  @inline(never) func find(_ start: Int, _ path: Literal) -> Int {
    var object = start
    var index = 0
    if path.start.pointee == 0 { return start }
    while let name = path.part(index, between: UInt8(ascii: ".")) {
      object = member(object, name.span)
      index &+= 1
    }
    return object
  }

  /// Whether there is something at a path.
  func has(_ start: Int, _ path: Literal) -> Bool { find(start, path) != 0 }

  /// The value of that name in a mapping. One that is null is not there, as to Kubernetes.
  @inline(never) func member(_ object: Int, _ name: Span<UInt8>) -> Int {
    let object = node(object)
    if object.kind != .map { return 0 }
    let value = parser.value(name, firstOf: object)
    return kind(value) == .null ? 0 : value
  }

  /// The value of a name that dots are part of.
  @inline(never) func annotation(_ annotations: Int, _ name: Literal) -> Int {
    guard let name = name.part(0) else { return 0 }
    return member(annotations, name.span)
  }

  /// The value of the name at `key`.
  func valueAfter(key: Int) -> Int { Int(parser.nodes[key].next) }

  /// The first element of the list at a path, or the first name of the mapping.
  @inline(never) func first(_ start: Int, _ path: Literal) -> Int {
    let container = node(find(start, path))
    return container.kind == .map || container.kind == .list ? Int(container.start) : 0
  }

  /// What follows a value in its list, or the next name in its mapping.
  @inline(never) func next(_ value: Int) -> Int { Int(parser.nodes[value].next) }

  /// Whether the value is `true`.
  @inline(never) func isTrue(_ start: Int, _ path: Literal) -> Bool {
    kind(find(start, path)) == .yes
  }

  /// Whether the text at a path is exactly this.
  @inline(never) func isText(_ start: Int, _ path: Literal, _ wanted: Literal) -> Bool {
    index(of: text(find(start, path)), in: wanted) == 0
  }

  /// Whether the text at a path has this in it.
  @inline(never) func holds(_ start: Int, _ path: Literal, _ wanted: Literal) -> Bool {
    DrainCore.holds(text(find(start, path)), anyOf: wanted)
  }

  /// Whether two scalars are the same text, or written alike.
  @inline(never) func isSame(_ one: Int, _ other: Int) -> Bool {
    one != 0 && other != 0 && isSameText(scalar(one), scalar(other))
  }

  /// The number, where it is a whole one from 0 to a billion; in quotes, too, and with `%` behind it.
  @inline(never) func number(_ start: Int, _ path: Literal, or other: Int = -1) -> Int {
    let value = find(start, path)
    let text = scalar(value)
    let isQuoted = kind(value) == .string
    if isQuoted || kind(value) == .integer {
      let digits = isPercentage(value) ? text.before(text.count &- 1) : text
      if let number = wholeNumber(digits), number >= 0, number <= 1_000_000_000 {
        return Int(number)
      }
    }
    return other
  }

  /// Whether the value is a number with `%` behind it.
  func isPercentage(_ value: Int) -> Bool {
    let text = text(value)
    return text.byte(text.count &- 1) == UInt8(ascii: "%")
  }

  /// The bytes of a text, a number or another scalar; empty where the value is none.
  @_lifetime(borrow self)
  @inline(never) func scalar(_ value: Int) -> Span<UInt8> {
    // What never changes lives as long as we do, which the compiler does not see of a class.
    let bytes = parser.place(node(value))
    return _overrideLifetime(bytes.span, borrowing: self)
  }

  /// The bytes of a text; empty where the value is none.
  @_lifetime(borrow self)
  @inline(never) func text(_ value: Int) -> Span<UInt8> {
    let node = node(value)
    return node.kind == .string ? scalar(value) : Span()
  }

  /// A copy of the text at a path; empty where the value is none.
  @inline(never) func string(_ start: Int, _ path: Literal) -> [UInt8] {
    [UInt8](copying: text(find(start, path)))
  }
}
