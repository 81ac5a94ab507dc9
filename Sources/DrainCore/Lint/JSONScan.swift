/// Goes over JSON text by places; a place beyond the end has a zero byte.
struct JSONScan: ~Escapable {
  private let text: Span<UInt8>

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  func byte(_ place: Int) -> UInt8 { place >= 0 && place < text.count ? text[place] : 0 }

  /// The first place at or after `place` that is no blank.
  @inline(never) func afterBlanks(_ place: Int) -> Int {
    var place = place
    while byte(place) == 0x20 || (byte(place) >= 0x09 && byte(place) <= 0x0d) { place &+= 1 }
    return place
  }

  /// The place after the value at `start`, in text that has been checked.
  @inline(never) func end(of start: Int) -> Int {
    var place = start
    var depth = 0
    repeat {
      switch byte(place) {
      case UInt8(ascii: "\""): place = afterString(place) ?? text.count
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth &+= 1
        place &+= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= 1
        place &+= 1
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x09...0x0d, 0x20: place &+= 1
      default: place = afterWord(place)
      }
    } while depth > 0 && place < text.count
    return place
  }

  /// The four hexadecimal digits at `place` as a number; nil where they are none.
  func hexUnit(_ place: Int) -> UInt32? {
    var unit: UInt32 = 0
    for offset in 0..<4 {
      guard let digit = byte(place &+ offset).hexadecimalValue else { return nil }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  /// The place after the string that begins at `start`; nil where it does not end, or is no JSON.
  private func afterString(_ start: Int) -> Int? {
    var place = start &+ 1
    while place < text.count {
      switch byte(place) {
      case UInt8(ascii: "\""): return place &+ 1
      case UInt8(ascii: "\\"):
        switch byte(place &+ 1) {
        case UInt8(ascii: "u"):
          if hexUnit(place &+ 2) == nil { return nil }
          place &+= 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
          UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
          place &+= 2
        default: return nil
        }
      case 0..<0x20: return nil
      default: place &+= 1
      }
    }
    return nil
  }

  /// The place after a number or a literal: letters, digits, signs; one byte further at least.
  private func afterWord(_ start: Int) -> Int {
    var place = start
    while isWord(byte(place)) { place &+= 1 }
    return max(place, start &+ 1)
  }

  private func isWord(_ byte: UInt8) -> Bool {
    byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      || byte == UInt8(ascii: ".") || (byte.uppercased >= 0x41 && byte.uppercased <= 0x5a)
  }

  /// The place after a string, number or literal; nil where there is none.
  private func afterScalar(_ place: Int) -> Int? {
    let first = byte(place)
    if first == UInt8(ascii: "\"") { return afterString(place) }
    let end = afterWord(place)
    let word = text.cut(place, end)
    if isEqual(word, "true") || isEqual(word, "false") || isEqual(word, "null") { return end }
    guard byte(end &- 1).isDigit, first.isDigit || first == UInt8(ascii: "-") else { return nil }
    for index in 0..<word.count where word[index].uppercased >= 0x41 {
      if word[index].uppercased != UInt8(ascii: "E") { return nil }
    }
    return end
  }

  private enum Expected {
    case value, valueOrClose, name, nameOrClose, commaOrClose, nothing
  }

  /// Where the text ceases to be JSON, or is nested too deep; nil where it is whole.
  func firstError() -> Int? {
    var expected = Expected.value
    // The objects and arrays around `place`, one bit each, the innermost lowest: 1 is an object.
    var around: UInt64 = 0
    var depth = 0
    var place = 0
    while true {
      place = afterBlanks(place)
      let byte = byte(place)
      let closes = byte == (around & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]"))
      switch expected {
      case .nothing: return place < text.count ? place : nil
      case .valueOrClose where closes, .nameOrClose where closes, .commaOrClose where closes:
        place &+= 1
        depth &-= 1
        around >>= 1
        expected = depth == 0 ? .nothing : .commaOrClose
      case .commaOrClose:
        if byte != UInt8(ascii: ",") { return place }
        place &+= 1
        expected = around & 1 == 1 ? .name : .value
      case .name, .nameOrClose:
        guard byte == UInt8(ascii: "\""), let end = afterString(place) else { return place }
        place = afterBlanks(end)
        if self.byte(place) != UInt8(ascii: ":") { return place }
        place &+= 1
        expected = .value
      case .value, .valueOrClose:
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
          if depth == JSONDocument.depthLimit { return place }
          depth &+= 1
          around = around << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
          expected = byte == UInt8(ascii: "{") ? .nameOrClose : .valueOrClose
          place &+= 1
        } else {
          guard let end = afterScalar(place) else { return place }
          place = end
          expected = depth == 0 ? .nothing : .commaOrClose
        }
      }
    }
  }
}
