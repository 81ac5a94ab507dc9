/// The request that an `http:` check sends: made once, sent as it is.
public enum CheckRequest {
  /// The bytes of a GET; a header that the user gives takes the place of drainit's own.
  ///
  /// - Parameters:
  ///   - host: an address without brackets, or a name.
  ///   - path: with its slash, query included.
  ///   - headers: `Name: value` each, without a line end.
  @inline(never) public static func get(
    host: [UInt8], port: UInt16, path: [UInt8], headers: [[UInt8]]
  ) -> [UInt8] {
    var size = 128 &+ host.count &+ path.count
    for header in headers { size &+= header.count &+ 2 }
    var request = ByteBuffer(capacity: size)
    request.append("GET ")
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
    for header in headers {
      request.append(header)
      request.append("\r\n")
    }
    request.append("\r\n")
    return [UInt8](copying: request.bytes)
  }

  private static func has(_ name: StaticString, in headers: [[UInt8]]) -> Bool {
    for header in headers {
      let line = header.span
      let colon = line.index(of: UInt8(ascii: ":")) ?? line.count
      if isEqualIgnoringCase(trimmed(line.before(colon)), name) { return true }
    }
    return false
  }
}
