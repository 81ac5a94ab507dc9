// What a text without quotes is, as kubectl takes it (sigs.k8s.io/yaml, which is YAML 1.1 without its
// base 60): `yes`, `on` and `y` are true, `017` is 15, `1e3` a number, a date a text.

/// The kind of a plain text.
func plainKind(_ text: Span<UInt8>) -> YAMLNode.Kind {
  if text.isEmpty { return .null }
  if isEqual(text, "<<") { return .merge }
  if text.count < 6 && isOneCased(text) {
    let words: Literal = "y yes true on n no false off ~ null"
    var index = 0
    while let word = words.part(index) {
      if isSameText(word.span, text, ignoringCase: true) {
        return index < 4 ? .yes : index < 8 ? .no : .null
      }
      index &+= 1
    }
  }
  return numberKind(text)
}

/// Whether letters are all small, all capitals, or capital is the first alone.
private func isOneCased(_ text: Span<UInt8>) -> Bool {
  var capitals = 0
  for index in 0..<text.count where text[index] >= 0x41 && text[index] <= 0x5a { capitals &+= 1 }
  if capitals == 0 || capitals == text.count { return true }
  return capitals == 1 && text[0] >= 0x41 && text[0] <= 0x5a
}

private func numberKind(_ text: Span<UInt8>) -> YAMLNode.Kind {
  let first = text.byte(0)
  let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
  guard first.isDigit || isSigned || first == UInt8(ascii: ".") else { return .string }
  let rest = text.from(isSigned ? 1 : 0)
  if index(of: rest, in: ".inf .Inf .INF") >= 0 || index(of: text, in: ".nan .NaN .NAN") >= 0 {
    return .float
  }
  if first != UInt8(ascii: ".") && wholeNumber(text) != nil { return .integer }
  return isFloat(rest, skipsUnderscores: first != UInt8(ascii: ".")) ? .float : .string
}

/// Digits, a point and digits, an exponent: `1.`, `.5`, `08`, `1e-3`, and what is too large for a whole number.
private func isFloat(_ text: Span<UInt8>, skipsUnderscores: Bool) -> Bool {
  var place = 0
  var digits = 0
  var points = 0
  while place < text.count {
    let byte = text[place]
    if byte.isDigit {
      digits &+= 1
    } else if byte == UInt8(ascii: ".") {
      points &+= 1
    } else if byte != UInt8(ascii: "_") || !skipsUnderscores {
      break
    }
    place &+= 1
  }
  if digits == 0 || points > 1 { return false }
  if place == text.count { return true }
  if text[place].uppercased != UInt8(ascii: "E") { return false }
  place &+= 1
  if text.byte(place) == UInt8(ascii: "-") || text.byte(place) == UInt8(ascii: "+") { place &+= 1 }
  digits = 0
  while place < text.count {
    if text[place].isDigit {
      digits &+= 1
    } else if text[place] != UInt8(ascii: "_") || !skipsUnderscores {
      return false
    }
    place &+= 1
  }
  return digits > 0
}

/// A whole number with its sign, in base 16 (`0x`), 8 (`0o`, or `0` and a digit), 2 (`0b`) or 10, with
/// underscores anywhere behind the first digit; nil where it is none or does not fit into 64 bits.
@inline(never) func wholeNumber(_ text: Span<UInt8>) -> Int64? {
  var place = 0
  let isNegative = text.byte(0) == UInt8(ascii: "-")
  if isNegative || text.byte(0) == UInt8(ascii: "+") { place = 1 }
  var base: Int64 = 10
  if text.byte(place) == UInt8(ascii: "0") {
    switch text.byte(place &+ 1).uppercased {
    case UInt8(ascii: "X"): base = 16
    case UInt8(ascii: "O"): base = 8
    case UInt8(ascii: "B"): base = 2
    default: break
    }
    if base != 10 {
      place &+= 2
    } else if text.count > place &+ 1 {
      base = 8
    }
  }
  var number: Int64 = 0
  var digits = 0
  while place < text.count {
    let byte = text[place]
    place &+= 1
    if byte == UInt8(ascii: "_") { continue }
    guard let digit = byte.hexadecimalValue, Int64(digit) < base else { return nil }
    let (product, isTooMany) = number.multipliedReportingOverflow(by: base)
    let (sum, isTooMuch) = product.addingReportingOverflow(Int64(digit))
    if isTooMany || isTooMuch { return nil }
    number = sum
    digits &+= 1
  }
  if digits == 0 { return nil }
  return isNegative ? 0 &- number : number
}
