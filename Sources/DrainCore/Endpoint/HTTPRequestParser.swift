/// Reads a request's head byte by byte, however the bytes arrive (RFC 9112, sections 2 to 5).
///
/// It is given the same growing head again and again and goes on where it was, so that a client that
/// sends single bytes costs no more than one that sends the whole. A line may end with a bare LF:
/// section 2.2 allows it, and where every answer closes the connection nothing can be smuggled
/// behind it. A bare CR, whitespace before a colon, a folded line and control characters are refused.
/// A PROXY header before it is passed over.
public struct HTTPRequestParser: BitwiseCopyable, Sendable {
  private enum Place: UInt8 {
    /// At the connection's first byte, or in a PROXY header.
    case start
    /// Before the request line: empty lines are skipped (section 2.2).
    case blank, blankLineFeed
    case method, target, version, requestLineFeed
    /// At the first byte of a header line or of the empty line that ends the head.
    case fieldStart
    case fieldName, fieldValue, fieldLineFeed
    case lastLineFeed
    case whole
  }

  private var place = Place.start
  private var position = 0
  private var mark = 0
  private var method = ByteRange(start: 0, end: 0)
  private var target = ByteRange(start: 0, end: 0)
  private var fieldName = ByteRange(start: 0, end: 0)
  private var hosts = 0
  private var isVersion11 = false
  private var announcesBody = false
  private var isKubelet = false
  private var isProbe = false

  public init() {}

  /// Goes on with the head's bytes, which begin with those that were seen before.
  ///
  /// After a request or a refusal it is not to be called again. Of `bytes`, no more than
  /// `EndpointLimits.headBytes` are looked at.
  public mutating func advance(over bytes: Span<UInt8>) -> HTTPProgress {
    let end = min(bytes.count, EndpointLimits.headBytes)
    if place == .start {
      switch ProxyHeader.look(at: bytes.before(end)) {
      case .needMore: return .needMore
      case .malformed: return .refused(.badProxyHeader)
      case .whole(let length): position = length
      case .none: break
      }
      place = .blank
    }
    while position < end {
      let byte = bytes[position]
      if let refusal = step(byte, bytes) { return .refused(refusal) }
      position &+= 1
      if place == .whole { return finish(bytes) }
    }
    return position < EndpointLimits.headBytes ? .needMore : .refused(overflow)
  }

  /// Whether the method is HEAD, as far as it was read: a refusal has no body then, either.
  public func isHead(in bytes: Span<UInt8>) -> Bool { isEqual(method.of(bytes), "HEAD") }

  /// What is too long, where the head did not end in time (RFC 9110, 15.5.15; RFC 6585, 5).
  private var overflow: HTTPRefusal {
    switch place {
    case .start, .blank, .blankLineFeed, .method: .badSyntax
    case .target: .targetTooLong
    case .version, .requestLineFeed, .fieldStart, .fieldName, .fieldValue, .fieldLineFeed,
      .lastLineFeed, .whole:
      .headTooLong
    }
  }

  private mutating func step(_ byte: UInt8, _ bytes: Span<UInt8>) -> HTTPRefusal? {
    switch place {
    case .blank:
      if byte == carriageReturn {
        place = .blankLineFeed
        return nil
      }
      if byte == lineFeed { return nil }
      mark = position
      place = .method
      return byte.isToken ? nil : .badSyntax
    case .blankLineFeed:
      place = .blank
      return byte == lineFeed ? nil : .badSyntax
    case .method:
      if byte.isToken { return nil }
      method = ByteRange(start: mark, end: position)
      mark = position &+ 1
      place = .target
      return byte == space ? nil : .badSyntax
    case .target:
      // A line that ends here is HTTP/0.9's, which RFC 9112 does not know any more.
      if byte == carriageReturn || byte == lineFeed { return .badVersionSyntax }
      if byte != space { return byte.isControl ? .badSyntax : nil }
      target = ByteRange(start: mark, end: position)
      mark = position &+ 1
      place = .version
      return target.isEmpty ? .badSyntax : nil
    case .version:
      if byte == carriageReturn || byte == lineFeed {
        place = byte == lineFeed ? .fieldStart : .requestLineFeed
        return checkVersion(ByteRange(start: mark, end: position).of(bytes), bytes)
      }
      return position &- mark < 8 ? nil : .badVersionSyntax
    case .requestLineFeed, .fieldLineFeed:
      place = .fieldStart
      return byte == lineFeed ? nil : .badSyntax
    case .lastLineFeed:
      place = .whole
      return byte == lineFeed ? nil : .badSyntax
    case .fieldStart, .fieldName, .fieldValue:
      return stepInField(byte, bytes)
    case .start, .whole:
      return nil
    }
  }

  private mutating func stepInField(_ byte: UInt8, _ bytes: Span<UInt8>) -> HTTPRefusal? {
    if place == .fieldStart {
      if byte == carriageReturn {
        place = .lastLineFeed
        return nil
      }
      if byte == lineFeed {
        place = .whole
        return nil
      }
      mark = position
      place = .fieldName
      return byte.isToken ? nil : .badSyntax
    }
    if place == .fieldName {
      if byte.isToken { return nil }
      // Nothing may be between the name and the colon (RFC 9112, section 5.1).
      guard byte == UInt8(ascii: ":") else { return .badSyntax }
      fieldName = ByteRange(start: mark, end: position)
      mark = position &+ 1
      place = .fieldValue
      return nil
    }
    if byte == carriageReturn || byte == lineFeed {
      place = byte == lineFeed ? .fieldStart : .fieldLineFeed
      return checkField(
        fieldName.of(bytes), trimmed(ByteRange(start: mark, end: position).of(bytes)))
    }
    return byte.isControl && byte != tab ? .badSyntax : nil
  }

  /// Judges `HTTP/1.1`; a later minor version is served as 1.1 (RFC 9110, section 2.5).
  private mutating func checkVersion(_ version: Span<UInt8>, _ bytes: Span<UInt8>) -> HTTPRefusal? {
    guard version.count == 8, hasPrefix(version, "HTTP/"), version[5].isDigit,
      version[6] == UInt8(ascii: "."), version[7].isDigit
    else { return .badVersionSyntax }
    // HTTP/2's preface is no request in any version of HTTP/1 (RFC 9113, section 3.4).
    if isEqual(method.of(bytes), "PRI") { return .badSyntax }
    if version[5] != UInt8(ascii: "1") { return .versionNotSupported }
    isVersion11 = version[7] != UInt8(ascii: "0")
    return nil
  }

  private mutating func checkField(_ name: Span<UInt8>, _ value: Span<UInt8>) -> HTTPRefusal? {
    if isEqualIgnoringCase(name, "host") {
      hosts &+= 1
      if hosts > 1 { return .twoHosts }
      return HTTPHost.isValid(value) ? nil : .badHost
    }
    if isEqualIgnoringCase(name, "content-length") {
      announcesBody = announcesBody || !isEqual(value, "0")
    } else if isEqualIgnoringCase(name, "transfer-encoding") {
      announcesBody = true
    } else if isEqualIgnoringCase(name, "user-agent") {
      isKubelet = hasPrefix(value, "kube-probe/")
      isProbe = hasPrefix(value, "drainit-probe/")
    }
    return nil
  }

  private func finish(_ bytes: Span<UInt8>) -> HTTPProgress {
    // RFC 9112, section 3.2: 1.1 without a Host is a bad request, 1.0 is not.
    if hosts == 0 && isVersion11 { return .refused(.noHost) }
    // HAProxy's own check asks OPTIONS: like HEAD, but of `/` and of the server as a whole, too.
    let isOptions = isEqual(method.of(bytes), "OPTIONS")
    let isHead = isHead(in: bytes)
    guard isHead || isOptions || isEqual(method.of(bytes), "GET") else {
      return .refused(.methodNotAllowed)
    }
    var request = HTTPRequest(
      route: .probe(.readyz), answer: isOptions ? .none : isHead ? .head : .whole,
      query: ByteRange(start: target.end, end: target.end), headLength: position,
      announcesBody: announcesBody, isKubelet: isKubelet, isProbe: isProbe)
    if isOptions && isEqual(target.of(bytes), "*") { return .request(request) }
    guard let split = HTTPTarget(target, in: bytes) else { return .refused(.badTarget) }
    request.query = split.query
    let path = split.path.of(bytes)
    // An absolute form without a path means "/" or, for OPTIONS, "*" (RFC 9112, section 3.2.4).
    if isOptions && (path.isEmpty || isEqual(path, "/")) { return .request(request) }
    if let route = HTTPRequest.Route(path: path) {
      request.route = route
      return .request(request)
    }
    // `/readyz/CHECK`, as kube-apiserver has it; a slash of the check's own may be escaped.
    guard let slash = path.index(of: UInt8(ascii: "/"), from: 1), slash &+ 1 < path.count,
      case .probe(let page)? = HTTPRequest.Route(path: path.before(slash)), page != .startupz
    else { return .refused(.notFound) }
    request.route = .probe(page)
    request.check = ByteRange(start: split.path.start &+ slash &+ 1, end: split.path.end)
    return .request(request)
  }
}
