/// The request that an `http:` check or a hook sends: made once, sent as it is.
public enum CheckRequest {
  /// The bytes of a request; a header that the user gives takes the place of drainit's own.
  ///
  /// - Parameters:
  ///   - body: nil where the method has none (RFC 9110, section 9.3.1: not with a GET).
  ///   - host: an address without brackets, or a name.
  ///   - path: with its slash, query included.
  ///   - headers: `Name: value` each, without a line end.
  @inline(never) public static func bytes(
    _ method: [UInt8], body: [UInt8]? = nil, host: [UInt8], port: UInt16, path: [UInt8],
    headers: [[UInt8]]
  ) -> [UInt8] {
    var size = 160 &+ host.count &+ path.count &+ (body?.count ?? 0)
    for header in headers { size &+= header.count &+ 2 }
    var request = ByteBuffer(capacity: size)
    request.append(method)
    request.append(" ")
    request.append(path)
    request.append(" HTTP/1.1\r\n")
    if !has("host", in: headers) {
      request.append("Host: ")
      request.append(host: host.span, port: port)
      // The scheme's own port is left out (RFC 9110, section 4.2.3).
      if port == 80 { request.truncate(to: request.count &- 3) }
      request.append("\r\n")
    }
    if !has("user-agent", in: headers) {
      request.append("User-Agent: drainit/")
      request.append(Version.text)
      request.append("\r\n")
    }
    if !has("accept", in: headers) { request.append("Accept: */*\r\n") }
    if !has("connection", in: headers) { request.append("Connection: close\r\n") }
    if let body, !has("content-length", in: headers) {
      request.append("Content-Length: ")
      request.append(decimal: Int64(body.count))
      request.append("\r\n")
    }
    for header in headers {
      request.append(header)
      request.append("\r\n")
    }
    request.append("\r\n")
    if let body { request.append(body) }
    return [UInt8](copying: request.bytes)
  }

  /// Whether a header of that name, in lower case, is among the lines.
  public static func has(_ name: StaticString, in headers: [[UInt8]]) -> Bool {
    for header in headers {
      let line = header.span
      let colon = line.index(of: UInt8(ascii: ":")) ?? line.count
      if isEqualIgnoringCase(trimmed(line.before(colon)), name) { return true }
    }
    return false
  }
}
