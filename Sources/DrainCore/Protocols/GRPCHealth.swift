/// The one call that a `grpc:` check makes: grpc.health.v1.Health/Check over HTTP/2 with prior knowledge
/// (RFC 9113, section 3.3; the gRPC health checking protocol).
public enum GRPCHealth {
  /// The bytes that a client sends: the preface, its settings, and the whole request on stream 1.
  ///
  /// Header fields are literals that no table keeps (RFC 7541, section 6.2.2), so that no state is
  /// needed.
  /// - Parameters:
  ///   - host: an address without brackets, or a name; at most 253 bytes.
  ///   - service: at most 256 bytes; empty for the server as a whole.
  @inline(never) public static func request(
    host: Span<UInt8>, port: UInt16, service: Span<UInt8>
  ) -> [UInt8] {
    var request = ByteBuffer(capacity: 1024)
    var payload = ByteBuffer(capacity: 768)
    request.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    // SETTINGS_ENABLE_PUSH 0: the server sends nothing that was not asked for.
    payload.append("\0\u{2}\0\0\0\0")
    request.append(frame: 4, flags: 0, stream: 0, payload.bytes)
    payload.removeAll()
    payload.append(0x83)  // :method POST
    payload.append(0x86)  // :scheme http
    payload.append(4)  // :path
    payload.append(28)
    payload.append("/grpc.health.v1.Health/Check")
    payload.append(1)  // :authority
    payload.append(hpackLength: authorityLength(host, port))
    payload.append(host: host.isEmpty ? nil : host, port: port)
    payload.append("\u{f}\u{10}\u{10}application/grpc")  // content-type
    payload.append("\0\u{2}te\u{8}trailers")
    request.append(frame: 1, flags: 0x4, stream: 1, payload.bytes)  // END_HEADERS
    payload.removeAll()
    payload.append("\0\0\0")
    let length = service.isEmpty ? 0 : service.count &+ (service.count < 0x80 ? 2 : 3)
    payload.append(UInt8(truncatingIfNeeded: length >> 8))
    payload.append(UInt8(truncatingIfNeeded: length))
    if !service.isEmpty {
      payload.append(0x0a)  // field 1, a string
      payload.append(varint: service.count)
      payload.append(service)
    }
    request.append(frame: 0, flags: 0x1, stream: 1, payload.bytes)  // END_STREAM
    return [UInt8](copying: request.bytes)
  }

  /// What a client answers to the server's settings (RFC 9113, section 6.5.3).
  public static var acknowledgement: InlineArray<9, UInt8> { [0, 0, 0, 4, 1, 0, 0, 0, 0] }

  private static func authorityLength(_ host: Span<UInt8>, _ port: UInt16) -> Int {
    var text = ByteBuffer(capacity: 300)
    text.append(host: host.isEmpty ? nil : host, port: port)
    return text.count
  }
}

extension ByteBuffer {
  /// Appends `host:port`, an IPv6 address in brackets; nil is this host.
  mutating func append(host: Span<UInt8>?, port: UInt16) {
    if let host {
      let isV6 = host.index(of: UInt8(ascii: ":")) != nil
      if isV6 { append("[") }
      append(host)
      if isV6 { append("]") }
    } else {
      append("localhost")
    }
    append(":")
    append(decimal: UInt64(port))
  }

  /// Appends an HTTP/2 frame (RFC 9113, section 4.1) of less than 64 KiB.
  fileprivate mutating func append(
    frame type: UInt8, flags: UInt8, stream: UInt8, _ payload: Span<UInt8>
  ) {
    append(0)
    append(UInt8(truncatingIfNeeded: payload.count >> 8))
    append(UInt8(truncatingIfNeeded: payload.count))
    append(type)
    append(flags)
    append("\0\0\0")
    append(stream)
    append(payload)
  }

  /// Appends a number, seven bits a byte, the lowest first.
  fileprivate mutating func append(varint number: Int) {
    var rest = max(number, 0)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends a string's length: seven bits, and more bytes where they do not suffice (RFC 7541, 5.1).
  fileprivate mutating func append(hpackLength length: Int) {
    if length < 0x7f { return append(UInt8(truncatingIfNeeded: length)) }
    append(0x7f)
    append(varint: length &- 0x7f)
  }
}
