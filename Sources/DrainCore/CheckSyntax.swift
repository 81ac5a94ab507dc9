extension Check {
  static var syntax: StaticString {
    "listening, tcp:[HOST:]PORT, http://HOST[:PORT]/PATH, exec:PROGRAM, file:PATH, absent:PATH or none"
  }

  /// Reads a CHECK.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    self.init(text: [UInt8](copying: text), kind: try Check.kind(text))
  }

  /// Reads a CHECK that can hold before the app is started.
  static func beforeStart(_ text: Span<UInt8>) throws(ValueProblem) -> Check {
    let check = try Check(parsing: text)
    switch check.kind {
    case .listening: throw .refused("it is the app that would hold it, and it is not started yet")
    case .tcp, .http, .exec, .file, .absent, .none: return check
    }
  }

  private static func kind(_ text: Span<UInt8>) throws(ValueProblem) -> Kind {
    if isEqual(text, "listening") { return .listening }
    if isEqual(text, "none") { return .none }
    if hasPrefix(text, "tcp:") { return try tcp(text.from(4)) }
    if hasPrefix(text, "exec:") { return .exec(try programWords(text.from(5))) }
    if hasPrefix(text, "file:") { return .file(try path(text.from(5))) }
    if hasPrefix(text, "absent:") { return .absent(try path(text.from(7))) }
    if hasPrefixIgnoringCase(text, "http://") { return try http(text.from(7)) }
    if hasPrefixIgnoringCase(text, "https://") {
      throw .refused("drainit has no TLS: check a plain http port, or tcp:")
    }
    throw nearest(text)
  }

  /// What is near is the part up to the colon: the rest is the user's own, and may be secret.
  private static func nearest(_ text: Span<UInt8>) -> ValueProblem {
    let colon = text.index(of: UInt8(ascii: ":"))
    var near = NearMiss(text.before((colon ?? text.count) &+ 1))
    if colon == nil {
      near.consider("listening")
      near.consider("none")
    }
    near.consider("tcp:")
    near.consider("exec:")
    near.consider("file:")
    near.consider("absent:")
    near.consider("http:")
    return .expected(syntax, near.word)
  }

  private static func path(_ text: Span<UInt8>) throws(ValueProblem) -> [UInt8] {
    if text.isEmpty || text.index(of: 0) != nil { throw .expected("a file's path") }
    return [UInt8](copying: text)
  }

  private static func tcp(_ text: Span<UInt8>) throws(ValueProblem) -> Kind {
    // tcp://HOST:PORT is how many other tools write it.
    let rest = hasPrefix(text, "//") ? text.from(2) : text
    if rest.decimal(atMost: .max) != nil {
      return .tcp(host: [], port: try DrainCore.port(rest))
    }
    let parts = try HostPort(parsing: rest)
    guard let port = parts.port else { throw .expected("tcp:[HOST:]PORT") }
    return .tcp(host: parts.host, port: port)
  }

  private static func http(_ text: Span<UInt8>) throws(ValueProblem) -> Kind {
    var end = 0
    while end < text.count && text[end] != UInt8(ascii: "/") && text[end] != UInt8(ascii: "?") {
      end &+= 1
    }
    let authority = text.before(end)
    if authority.index(of: UInt8(ascii: "@")) != nil {
      throw .refused("no user or password in a URL: --check-header 'Authorization: ...'")
    }
    let parts = try HostPort(parsing: authority)
    if parts.host.isEmpty { throw .expected("http://HOST[:PORT]/PATH") }
    var path = [UInt8](copying: text.from(end))
    if path.isEmpty || path[0] != UInt8(ascii: "/") { path.insert(UInt8(ascii: "/"), at: 0) }
    for byte in path where !byte.isPrintable || byte == 0x20 || byte == UInt8(ascii: "#") {
      throw .refused("a path has no blank, '#' or other than ASCII: write %20, %23, %C3%A9")
    }
    return .http(host: parts.host, port: parts.port ?? 80, path: path)
  }
}
