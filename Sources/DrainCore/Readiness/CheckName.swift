/// What a check is called wherever it is printed, and in `?exclude=`.
///
/// It is the check as it was typed, without what may be secret: a URL's userinfo and query, and the
/// arguments of a program. Control characters and what is no UTF-8 become question marks, so that a name
/// stays on its line and may stand in any answer.
public enum CheckName {
  /// The name of a check.
  public static func of(_ check: Check) -> [UInt8] {
    let text = check.text.span
    var name: [UInt8] = []
    var index = 0
    let end = min(endOfName(text), text.count)
    let userinfo = userinfo(in: text.extracting(0..<end))
    while index < end {
      let length = text.before(end).characterLength(at: index)
      let next = index &+ max(length, 1)
      if index < userinfo.start || index >= userinfo.end {
        if name.count &+ next &- index > CheckLimits.nameBytes { break }
        if length == 0 || text[index].isControl {
          name.append(UInt8(ascii: "?"))
        } else {
          for place in index..<next { name.append(text[place]) }
        }
      }
      index = next
    }
    return name
  }

  /// Where the arguments of a program or the query of a URL begin.
  private static func endOfName(_ text: Span<UInt8>) -> Int {
    if hasPrefix(text, "exec:") {
      var index = 5
      var quote: UInt8?
      while index < text.count {
        let byte = text[index]
        if byte == quote {
          quote = nil
        } else if quote == nil && (byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"")) {
          quote = byte
        } else if quote == nil && (byte == space || byte == tab || byte == lineFeed) {
          return index
        }
        index &+= 1
      }
      return index
    }
    guard endOfScheme(text) > 0 else { return text.count }
    var index = 0
    while index < text.count && text[index] != UInt8(ascii: "?") && text[index] != UInt8(ascii: "#")
    {
      index &+= 1
    }
    return index
  }

  /// The part of a URL that ends with the last `@` before the path.
  private static func userinfo(in text: Span<UInt8>) -> ByteRange {
    let start = endOfScheme(text)
    var userinfo = ByteRange(start: start, end: start)
    guard start > 0 else { return userinfo }
    var index = start
    while index < text.count && text[index] != UInt8(ascii: "/") {
      if text[index] == UInt8(ascii: "@") { userinfo.end = index &+ 1 }
      index &+= 1
    }
    return userinfo
  }

  /// The index after `http://`; 0 where there is no scheme.
  private static func endOfScheme(_ text: Span<UInt8>) -> Int {
    if hasPrefixIgnoringCase(text, "http://") { return 7 }
    if hasPrefixIgnoringCase(text, "https://") { return 8 }
    return 0
  }
}
