/// How much of a value may be shown: nothing that drainit prints contains a header's value, a URL's
/// userinfo or query, or an argument of a program.
enum Secrecy: Sendable {
  /// All of it, but a URL's userinfo and query.
  case open
  /// The same, up to the first blank: what follows are a program's arguments.
  case firstWord
  /// Nothing.
  case hidden
}

extension ByteBuffer {
  /// Appends bytes that somebody typed so that a terminal shows them as they are and does nothing:
  /// what is not printable ASCII is escaped, a long text is cut.
  mutating func append(escaping bytes: Span<UInt8>) {
    for index in 0..<min(bytes.count, ByteLimits.quotedBytes) {
      switch bytes[index] {
      case 0x0a: append("\\n")
      case 0x09: append("\\t")
      case 0x5c: append("\\\\")
      case let byte where byte.isPrintable: append(byte)
      case let byte:
        append("\\x")
        append(hexDigit: byte >> 4)
        append(hexDigit: byte & 15)
      }
    }
    if bytes.count > ByteLimits.quotedBytes { append("...") }
  }

  mutating func append(hexDigit digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10)
  }

  /// Appends a value that somebody typed, without what may be secret in it.
  mutating func append(quoting value: Span<UInt8>, as secrecy: Secrecy) {
    var shown = value
    var isCut = false
    if case .firstWord = secrecy, let blank = value.index(of: UInt8(ascii: " ")) {
      shown = shown.before(blank)
      isCut = true
    }
    if shown.index(of: UInt8(ascii: "/")) != nil, let query = shown.index(of: UInt8(ascii: "?")) {
      shown = shown.before(query)
      append(escapingURL: shown)
      return append("?...")
    }
    let needsQuotes = !isCut && (value.isEmpty || value.index(of: UInt8(ascii: " ")) != nil)
    if needsQuotes { append("'") }
    append(escapingURL: shown)
    if isCut { append(" ...") }
    if needsQuotes { append("'") }
  }

  /// Userinfo ends at an at-sign (RFC 3986, 3.2.1); in a malformed URL it may be the last of several.
  private mutating func append(escapingURL text: Span<UInt8>) {
    guard let sign = text.lastIndex(of: UInt8(ascii: "@")) else { return append(escaping: text) }
    if let scheme = text.index(of: "://"), scheme < sign {
      append(escaping: text.before(scheme + 3))
    }
    append("...")
    append(escaping: text.from(sign))
  }
}
