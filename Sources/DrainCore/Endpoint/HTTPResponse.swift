/// The head of an answer; what follows it is the body, or the end of the connection.
public struct HTTPResponse: BitwiseCopyable, Sendable {
  /// The status code, one of those in `reason`.
  public var status: UInt16
  /// What the body is.
  public var content: Content
  /// How long the body is, also where HEAD leaves it out (RFC 9110, section 9.3.2).
  public var bodyLength: Int

  public enum Content: UInt8, BitwiseCopyable, Sendable {
    case text
    /// Prometheus' text exposition format.
    case metrics
    case json
  }

  public init(status: UInt16, content: Content = .text, bodyLength: Int) {
    self.status = status
    self.content = content
    self.bodyLength = bodyLength
  }

  /// Appends status line and headers, the empty line included; at most
  /// `EndpointLimits.answerHeadBytes`.
  @inline(never) public func appendHead(to buffer: inout ByteBuffer) {
    buffer.append("HTTP/1.1 ")
    buffer.append(decimal: UInt64(status), width: 3)
    buffer.append(" ")
    buffer.append(reason)
    buffer.append("\r\nContent-Type: ")
    switch content {
    case .text: buffer.append("text/plain; charset=utf-8")
    case .metrics: buffer.append("text/plain; version=0.0.4; charset=utf-8")
    case .json: buffer.append("application/json")
    }
    buffer.append("\r\nContent-Length: ")
    buffer.append(decimal: Int64(bodyLength))
    buffer.append("\r\nCache-Control: no-store\r\nConnection: close\r\n")
    // RFC 9110, section 15.5.6: a 405 must say what is allowed.
    if status == 405 { buffer.append("Allow: GET, HEAD, OPTIONS\r\n") }
    buffer.append("\r\n")
  }

  private var reason: StaticString {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 414: "URI Too Long"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Unknown"
    }
  }
}
