/// JSON text (RFC 8259) that is checked once and then read in place: no tree is made, and nothing is
/// allocated but the text itself.
///
/// A value is named by the place of its first byte. What is asked for and is not there is nil, also
/// where the value is of another type.
public struct JSONDocument: ~Copyable {
  /// How deep objects and arrays may lie in each other.
  static var depthLimit: Int { 64 }

  private let text: ByteBuffer
  /// The place of the outermost value.
  let root: Int

  /// Checks the text, all of it.
  public init(_ text: consuming ByteBuffer) throws(JSONProblem) {
    let root = try JSONDocument.root(of: text)
    self.root = root
    self.text = text
  }

  private static func root(of text: borrowing ByteBuffer) throws(JSONProblem) -> Int {
    if text.cut > 0 { throw .tooLong }
    let scan = JSONScan(text.bytes)
    if let place = scan.firstError() { throw .notJSON(at: place) }
    return scan.afterBlanks(0)
  }

  private var scan: JSONScan {
    @_lifetime(borrow self)
    borrowing get { JSONScan(text.bytes) }
  }

  /// The value at a path of names with dots between; nil where something of it is not there.
  @inline(never) func find(_ start: Int?, _ path: StaticString) -> Int? {
    var object = start
    var from = 0
    while from < path.utf8CodeUnitCount {
      var end = from
      while end < path.utf8CodeUnitCount && path.utf8Start[end] != UInt8(ascii: ".") { end &+= 1 }
      guard let inner = object else { return nil }
      object = member(inner, UnsafeBufferPointer(start: path.utf8Start + from, count: end &- from))
      from = end &+ 1
    }
    return object
  }

  private func member(_ object: Int, _ name: UnsafeBufferPointer<UInt8>) -> Int? {
    if scan.byte(object) != UInt8(ascii: "{") { return nil }
    var next = first(object, "")
    while let key = next {
      let value = valueAfter(key: key)
      if isText(key, name.span) { return value }
      next = self.next(after: value)
    }
    return nil
  }

  /// The value of the member whose name is at `key`.
  func valueAfter(key: Int) -> Int { scan.afterBlanks(scan.afterBlanks(scan.end(of: key)) &+ 1) }

  /// The first element of the array at a path, or the first name of the object.
  @inline(never) func first(_ start: Int?, _ path: StaticString) -> Int? {
    guard let container = find(start, path), isContainer(container) else { return nil }
    let place = scan.afterBlanks(container &+ 1)
    let byte = scan.byte(place)
    return byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") ? nil : place
  }

  /// What follows a value in its array, or the next name in its object.
  @inline(never) func next(after value: Int) -> Int? {
    let place = scan.afterBlanks(scan.end(of: value))
    return scan.byte(place) == UInt8(ascii: ",") ? scan.afterBlanks(place &+ 1) : nil
  }

  private func isContainer(_ value: Int) -> Bool {
    scan.byte(value) == UInt8(ascii: "{") || scan.byte(value) == UInt8(ascii: "[")
  }

  /// Whether the value is `true`.
  func isTrue(_ start: Int?, _ path: StaticString) -> Bool {
    find(start, path).map { scan.byte($0) } == UInt8(ascii: "t")
  }

  /// Whether the string at a path is exactly this, written without an escape.
  @inline(never) func isText(_ start: Int?, _ path: StaticString, _ wanted: StaticString) -> Bool {
    guard let value = find(start, path) else { return false }
    return isText(
      value, UnsafeBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount).span)
  }

  @inline(never) private func isText(_ value: Int, _ wanted: Span<UInt8>) -> Bool {
    if scan.byte(value) != UInt8(ascii: "\"") || scan.end(of: value) &- value &- 2 != wanted.count {
      return false
    }
    for index in 0..<wanted.count where scan.byte(value &+ 1 &+ index) != wanted[index] {
      return false
    }
    return true
  }

  /// Whether two values are written with the same bytes.
  func isSame(_ one: Int, _ other: Int?) -> Bool {
    guard let other else { return false }
    let length = scan.end(of: one) &- one
    if scan.end(of: other) &- other != length { return false }
    for offset in 0..<length where scan.byte(one &+ offset) != scan.byte(other &+ offset) {
      return false
    }
    return true
  }

  /// The number, where it is a whole one from 0 to a billion; with `%` behind it, in quotes, too.
  @inline(never) func number(_ object: Int?, _ path: StaticString) -> Int? {
    guard let value = find(object, path) else { return nil }
    var start = value
    var end = scan.end(of: value)
    if scan.byte(start) == UInt8(ascii: "\"") {
      start &+= 1
      end &-= scan.byte(end &- 2) == UInt8(ascii: "%") ? 2 : 1
    }
    return text.bytes.cut(start, end).decimal(atMost: 1_000_000_000).map { Int($0) }
  }

  /// The string's bytes with its escapes resolved (UTF-8); empty where the value is no string.
  @inline(never) func string(_ start: Int?, _ path: StaticString) -> [UInt8] {
    var bytes: [UInt8] = []
    guard let value = find(start, path), scan.byte(value) == UInt8(ascii: "\"") else {
      return bytes
    }
    var place = value &+ 1
    while scan.byte(place) != UInt8(ascii: "\"") && place < text.count {
      var byte = scan.byte(place)
      place &+= 1
      if byte == UInt8(ascii: "\\") {
        byte = scan.byte(place)
        place &+= 1
        switch byte {
        case UInt8(ascii: "n"): byte = 0x0a
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "r"): byte = 0x0d
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0c
        case UInt8(ascii: "u"):
          // What people escape so is ASCII ("\u003c"); of the rest no rule asks anything.
          let unit = scan.hexUnit(place) ?? 0x80
          byte = unit < 0x80 ? UInt8(unit) : UInt8(ascii: "?")
          place &+= 4
        default: break
        }
      }
      bytes.append(byte)
    }
    return bytes
  }
}

/// Why a text is no JSON document.
public enum JSONProblem: Error, Equatable {
  /// Not JSON, or nested too deep, at that byte.
  case notJSON(at: Int)
  /// It did not fit into the buffer that it was read into.
  case tooLong
}
