/// The request that an `http:` check sends: made once, sent as it is.
public enum CheckRequest {
  /// The bytes of a GET; a header that the user gives takes the place of drainit's own.
  ///
  /// - Parameters:
  ///   - host: an address without brackets, or a name.
  ///   - path: with its slash, query included.
  ///   - headers: `Name: value` each, without a line end.
  public static func get(host: [UInt8], port: UInt16, path: [UInt8], headers: [[UInt8]]) -> [UInt8]
  {
    var decimal = ByteBuffer(capacity: 8)
    decimal.append(decimal: UInt64(port))
    var request: [UInt8] = []
    request.append("GET ")
    request += path
    request.append(" HTTP/1.1\r\n")
    if !has("host", in: headers) {
      let isV6 = host.span.index(of: UInt8(ascii: ":")) != nil
      request.append(isV6 ? "Host: [" : "Host: ")
      request += host
      if isV6 { request.append("]") }
      if port != 80 {
        request.append(":")
        request += [UInt8](copying: decimal.bytes)
      }
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
      request += header
      request.append("\r\n")
    }
    request.append("\r\n")
    return request
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
