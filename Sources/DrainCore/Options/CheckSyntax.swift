extension Check {
  static var syntax: StaticString {
    "listening, tcp:, http://, grpc:, unix:, exec:, file:, absent:, notify, fd:N or none (--help all)"
  }

  /// Reads a CHECK.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    self.init(text: [UInt8](copying: text), kind: try Check.kind(text))
  }

  /// Reads a CHECK that can hold before the app is started.
  static func beforeStart(_ text: Span<UInt8>) throws(ValueProblem) -> Check {
    let check = try Check(parsing: text)
    switch check.kind {
    case .listening, .notify, .descriptor:
      throw .refused("it is the app that would hold it, and it is not started yet")
    case .tcp, .http, .send, .grpc, .unix, .exec, .file, .absent, .none: return check
    }
  }

  private static func kind(_ text: Span<UInt8>) throws(ValueProblem) -> Kind {
    if isEqual(text, "listening") { return .listening }
    if isEqual(text, "none") { return .none }
    if hasPrefix(text, "tcp:") {
      let (host, port) = try address(text.from(4), "tcp:[HOST:]PORT")
      return .tcp(host: host, port: port)
    }
    if isEqual(text, "notify") { return .notify }
    if hasPrefix(text, "fd:") { return .descriptor(try descriptor(text.from(3))) }
    if hasPrefix(text, "grpc:") { return try grpc(text.from(5)) }
    if hasPrefix(text, "unix:") { return .unix(try socketPath(text.from(5))) }
    if hasPrefix(text, "exec:") { return .exec(try programWords(text.from(5))) }
    if hasPrefix(text, "file:") { return .file(try path(text.from(5))) }
    if hasPrefix(text, "absent:") { return .absent(try path(text.from(7))) }
    if hasPrefixIgnoringCase(text, "http://") { return try http(text.from(7)) }
    if hasPrefixIgnoringCase(text, "https://") {
      throw .refused("drainit has no TLS: plain http, or a program that has it")
    }
    if hasPrefixIgnoringCase(text, "http:") { throw .expected("http://HOST[:PORT]/PATH") }
    throw nearest(text)
  }

  /// What is near is the part up to the colon: the rest is the user's own, and may be secret.
  private static func nearest(_ text: Span<UInt8>) -> ValueProblem {
    let colon = text.index(of: UInt8(ascii: ":"))
    var near = NearMiss(text.before((colon ?? text.count) &+ 1))
    if colon == nil {
      near.consider("listening")
      near.consider("none")
      near.consider("notify")
    }
    near.consider("tcp:")
    near.consider("grpc:")
    near.consider("unix:")
    near.consider("exec:")
    near.consider("file:")
    near.consider("absent:")
    near.consider("fd:")
    near.consider("http:")
    if near.word == nil && (try? address(text, "")) != nil {
      return .expected(syntax, meant: [UInt8]("tcp:") + [UInt8](copying: text))
    }
    return .expected(syntax, near.word)
  }

  private static func descriptor(_ text: Span<UInt8>) throws(ValueProblem) -> Int32 {
    // 0 to 2 are the app's own; the kernel has no more than a million (fs.nr_open).
    guard let number = text.decimal(atMost: 1_048_575), number > 2 else {
      throw .expected("fd:N, a descriptor of 3 or above")
    }
    return Int32(number)
  }

  private static func path(_ text: Span<UInt8>) throws(ValueProblem) -> [UInt8] {
    if text.isEmpty || text.index(of: 0) != nil { throw .expected("a file's path") }
    return [UInt8](copying: text)
  }

  /// Reads what a UNIX socket is bound to; drainit has moved, so that a relative path would lead elsewhere.
  static func socketPath(_ text: Span<UInt8>) throws(ValueProblem) -> [UInt8] {
    guard text.count > 1, text[0] == UInt8(ascii: "/") || text[0] == UInt8(ascii: "@"),
      text.index(of: 0) == nil
    else { throw .expected("a UNIX socket's whole path, or @ and its abstract name") }
    if text.count > UnixSocketLine.longestPath {
      throw .refused("no UNIX socket has so long a path")
    }
    return [UInt8](copying: text)
  }

  /// `[HOST:]PORT`, after `//` or not: many other tools write `tcp://HOST:PORT`.
  private static func address(
    _ text: Span<UInt8>, _ expected: StaticString
  ) throws(ValueProblem) -> (host: [UInt8], port: UInt16) {
    let rest = hasPrefix(text, "//") ? text.from(2) : text
    if rest.decimal(atMost: .max) != nil { return ([], try DrainCore.port(rest)) }
    let parts = try HostPort(parsing: rest)
    guard let port = parts.port else { throw .expected(expected) }
    return (parts.host, port)
  }

  private static func grpc(_ text: Span<UInt8>) throws(ValueProblem) -> Kind {
    let start = hasPrefix(text, "//") ? 2 : 0
    let slash = text.index(of: UInt8(ascii: "/"), from: start) ?? text.count
    let (host, port) = try address(text.before(slash), "grpc:[HOST:]PORT[/SERVICE]")
    let service = text.from(slash &+ 1)
    for index in 0..<service.count {
      let byte = service[index]
      // A full protobuf name: identifiers and dots.
      if !byte.isLetter && !byte.isDigit && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "_") {
        throw .expected("grpc:[HOST:]PORT[/SERVICE], a service such as my.pkg.Greeter")
      }
    }
    if service.count > OptionLimits.serviceBytes { throw .refused("a service's name that long") }
    return .grpc(host: host, port: port, service: [UInt8](copying: service))
  }

  private static func http(_ text: Span<UInt8>) throws(ValueProblem) -> Kind {
    var end = 0
    while end < text.count && text[end] != UInt8(ascii: "/") && text[end] != UInt8(ascii: "?") {
      end &+= 1
    }
    let authority = text.before(end)
    if authority.index(of: UInt8(ascii: "@")) != nil {
      throw .refused("no user or password in a URL: send it in a header")
    }
    let parts = try HostPort(parsing: authority)
    if parts.host.isEmpty { throw .expected("http://HOST[:PORT]/PATH") }
    var path = [UInt8](copying: text.from(end))
    if path.isEmpty || path[0] != UInt8(ascii: "/") { path.insert(UInt8(ascii: "/"), at: 0) }
    for byte in path where !byte.isPrintable || byte == 0x20 || byte == UInt8(ascii: "#") {
      throw .refused("a path has no blank, '#' or other than ASCII: write %20, %23, %C3%A9")
    }
    if !PercentDecoding.isValid(path.span) {
      throw .refused("'%' is followed by two hexadecimal digits: write %25 for the sign itself")
    }
    return .http(host: parts.host, port: parts.port ?? 80, path: path)
  }
}

extension Options {
  /// Notes what a check needs at the app's start.
  @inline(never) mutating func noted(_ check: Check) throws(ValueProblem) -> Check {
    switch check.kind {
    case .notify: usesNotify = true
    case .descriptor(let number):
      if noticeDescriptor >= 0 && noticeDescriptor != number {
        throw .refused("another descriptor was named before, and it can be one alone")
      }
      noticeDescriptor = number
    case .listening, .tcp, .http, .send, .grpc, .unix, .exec, .file, .absent, .none: break
    }
    return check
  }
}
