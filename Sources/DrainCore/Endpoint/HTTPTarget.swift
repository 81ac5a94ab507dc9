/// A request's target, taken apart (RFC 9112, section 3.2).
struct HTTPTarget: BitwiseCopyable {
  /// The path with its slash; empty in an absolute form that names no path.
  var path: ByteRange
  /// What follows the question mark.
  var query: ByteRange

  /// Takes an origin form (`/path?query`) or an absolute form (`http://host/path?query`), which a
  /// server must accept, apart; nil for anything else.
  init?(_ target: ByteRange, in bytes: Span<UInt8>) {
    let text = target.of(bytes)
    guard text.count > 0 else { return nil }
    var start = 0
    if text[0] != UInt8(ascii: "/") {
      guard let end = HTTPTarget.endOfAuthority(text) else { return nil }
      start = end
    }
    var question = start
    while question < text.count && text[question] != UInt8(ascii: "?") { question &+= 1 }
    guard PercentDecoding.isValid(text.extracting(start..<question)) else { return nil }
    path = ByteRange(start: target.start &+ start, end: target.start &+ question)
    query = ByteRange(start: min(path.end &+ 1, target.end), end: target.end)
  }

  /// The index after `http://host`; an empty host makes the whole invalid (RFC 9110, 4.2.1).
  private static func endOfAuthority(_ text: Span<UInt8>) -> Int? {
    var start = 0
    if hasPrefixIgnoringCase(text, "http://") {
      start = 7
    } else if hasPrefixIgnoringCase(text, "https://") {
      start = 8
    } else {
      return nil
    }
    var end = start
    while end < text.count && text[end] != UInt8(ascii: "/") && text[end] != UInt8(ascii: "?") {
      end &+= 1
    }
    guard end > start, HTTPHost.isValid(text.extracting(start..<end)) else { return nil }
    return end
  }
}

/// The value of a Host header: `uri-host [ ":" port ]` (RFC 9110, section 7.2).
enum HTTPHost {
  /// Whether the value may be one. An empty value is: it says that the target has no authority.
  static func isValid(_ value: Span<UInt8>) -> Bool {
    var index = 0
    if value.count > 0 && value[0] == UInt8(ascii: "[") {
      // An address in brackets: hexadecimal digits, colons, dots, and a zone (RFC 3986, 3.2.2).
      index = 1
      while index < value.count && value[index] != UInt8(ascii: "]") {
        guard value[index] == UInt8(ascii: ":") || value[index].isRegName else { return false }
        index &+= 1
      }
      guard index < value.count, index > 1 else { return false }
      index &+= 1
    } else {
      while index < value.count && value[index] != UInt8(ascii: ":") {
        guard value[index].isRegName else { return false }
        index &+= 1
      }
    }
    guard index < value.count else { return true }
    guard value[index] == UInt8(ascii: ":") else { return false }
    index &+= 1
    while index < value.count {
      guard value[index].isDigit else { return false }
      index &+= 1
    }
    return true
  }
}
