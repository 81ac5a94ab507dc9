// A hook, once it runs, is a check that is asked once: a program that is to exit 0, or a request that is
// to be answered with 200 to 299.

extension Check {
  /// Reads a program with arguments, or `PUT http://HOST[:PORT]/PATH`. The text is then what may be
  /// shown; `Options.fillIn` makes the request of a URL.
  @inline(never) static func hook(_ text: Span<UInt8>) throws(ValueProblem) -> Check {
    let expected = ValueProblem.expected(
      "a program, or PUT, POST, PATCH, DELETE or GET and http://HOST/PATH")
    let method = text.before(text.index(of: space) ?? text.count)
    let url = trimmed(text.from(method.count))
    var shown = ByteBuffer(capacity: 4 &* ByteLimits.quotedBytes &+ 32)
    let kind: Kind
    // RFC 9110, section 9.1: a method in small letters is another one. One in capitals is meant as one, and
    // not first tried as a program when the container stops. Those behind DELETE are not sent.
    let place = index(
      of: method, in: "PUT POST PATCH GET DELETE HEAD OPTIONS TRACE CONNECT PURGE",
      ignoringCase: true)
    let isSent = place >= 0 && place < 5
    if isInCapitals(method) ? place >= 0 || isURL(url) : isSent && isURL(url) {
      if !isSent || !isURL(url) || !isInCapitals(method) { throw expected }
      kind = try Check(parsing: url).kind
      shown.append(method)
      shown.append(" ")
      shown.append(quoting: url, as: .open)
    } else if isURL(text) {
      throw expected
    } else {
      let words = try programWords(text)
      let program = words[0]
      kind = .exec(words)
      shown.append(escaping: program.span)
    }
    return Check(text: [UInt8](copying: shown.bytes), kind: kind)
  }

  private static func isURL(_ text: Span<UInt8>) -> Bool {
    hasPrefixIgnoringCase(text, "http://") || hasPrefixIgnoringCase(text, "https://")
  }

  private static func isInCapitals(_ text: Span<UInt8>) -> Bool {
    for index in 0..<text.count {
      if !text[index].isLetter || text[index].uppercased != text[index] { return false }
    }
    return !text.isEmpty
  }
}

extension Options {
  /// Adds a hook of a moment.
  @inline(never) mutating func add(
    hook text: Span<UInt8>, _ moment: HookMoment
  ) throws(ValueProblem) {
    hooks[Int(moment.rawValue)].append(try .hook(text))
  }

  /// The hooks of a moment, as they are run: each `${NAME}` in headers, body and path is
  /// replaced by the environment's, so that a token stays out of the manifest.
  ///
  /// - Parameter variable: a variable's value; nil where it is not set.
  /// - Throws: which variable is not set, or which option's text cannot be sent; never a value.
  public func hookChecks(
    _ moment: HookMoment, _ variable: ([UInt8]) -> [UInt8]?
  ) throws(OptionError) -> [Check] {
    var checks: [Check] = []
    for check in hooks[moment] {
      guard case .http(let host, let port, let path) = check.kind else {
        checks.append(check)
        continue
      }
      var headers: [[UInt8]] = []
      for header in hookHeaders {
        let line = try filled(header, "--hook-header", variable)
        do throws(ValueProblem) {
          headers.append(try headerLine(line.span))
        } catch {
          throw OptionError(name: [UInt8]("--hook-header"), .value(error))
        }
      }
      let text = check.text
      let method = [UInt8](copying: text.span.before(text.span.index(of: space) ?? 0))
      let request = CheckRequest.bytes(
        // RFC 9110, sections 9.3.1 and 9.3.5: a GET and a DELETE have no body.
        method,
        body: method[0] == UInt8(ascii: "G") || method[0] == UInt8(ascii: "D")
          ? nil : try filled(hookBody, "--hook-body", variable),
        host: host, port: port,
        path: try filled(path, moment.option, isPath: true, variable),
        headers: headers)
      checks.append(Check(text: text, kind: .send(host: host, port: port, request: request)))
    }
    return checks
  }

  /// An option's text with values in place of names: as they are in a body; in a path what has a
  /// meaning there is percent-encoded (RFC 3986, section 2.3).
  @inline(never) private func filled(
    _ text: [UInt8], _ option: StaticString, isPath: Bool = false,
    _ variable: ([UInt8]) -> [UInt8]?
  ) throws(OptionError) -> [UInt8] {
    var whole = ByteBuffer(capacity: 2 &* OptionLimits.bodyBytes)
    var index = 0
    while index < text.count {
      let end = endOfName(text.span, index)
      if end == 0 {
        whole.append(text[index])
        index &+= 1
        continue
      }
      let name = [UInt8](copying: text.span.cut(index &+ 2, end))
      guard let value = variable(name) else {
        throw OptionError(name: [UInt8](option), .notSet(name))
      }
      // As in a shell: many a secret's file ends with a line end.
      var length = value.count
      while length > 0 && value[length &- 1] == lineFeed { length &-= 1 }
      for place in 0..<length {
        let byte = value[place]
        if !isPath || byte.isUnreserved {
          whole.append(byte)
        } else {
          whole.append("%")
          whole.append(hexDigit: byte >> 4)
          whole.append(hexDigit: byte & 15)
        }
      }
      index = end &+ 1
    }
    if whole.cut > 0 { throw OptionError(name: [UInt8](option), .value(.refused("too long"))) }
    return [UInt8](copying: whole.bytes)
  }

  /// Where the name of a `${NAME}` that begins at `start` ends; 0 where none begins there, or what
  /// stands between the braces can be no variable's name.
  private func endOfName(_ text: Span<UInt8>, _ start: Int) -> Int {
    if !hasPrefix(text.from(start), "${") { return 0 }
    var end = start &+ 2
    while end < text.count {
      let byte = text[end]
      if byte == UInt8(ascii: "}") { return end > start &+ 2 ? end : 0 }
      if !byte.isLetter && !byte.isDigit && byte != UInt8(ascii: "_") { return 0 }
      end &+= 1
    }
    return 0
  }
}

extension HookMoment {
  /// The option whose hooks run then.
  var option: StaticString {
    switch self {
    case .ready: "--on-ready"
    case .drain: "--on-drain"
    case .exit: "--on-exit"
    }
  }
}

extension [[Check]] {
  /// The hooks of a moment.
  public subscript(moment: HookMoment) -> [Check] { self[Int(moment.rawValue)] }
}

extension UInt8 {
  fileprivate var isUnreserved: Bool {
    isLetter || isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
      || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
  }
}
