/// The parts of `HOST:PORT`, as they were typed.
struct HostPort {
  /// An address without brackets, or a name; empty where there is none.
  var host: [UInt8]
  /// 1 to 65535; nil where there is none.
  var port: UInt16?

  /// Takes `HOST`, `HOST:PORT`, `:PORT`, `[V6]` or `[V6]:PORT` apart.
  init(parsing text: Span<UInt8>) throws(ValueProblem) {
    if hasPrefix(text, "[") {
      guard let end = text.index(of: UInt8(ascii: "]")) else {
        throw .refused("the address has no closing bracket")
      }
      let address = text.cut(1, end)
      guard address.index(of: UInt8(ascii: ":")) != nil, IPAddress(parsing: address) != nil else {
        throw .refused("not an IPv6 address in the brackets")
      }
      host = [UInt8](copying: address)
      let rest = text.from(end &+ 1)
      if rest.isEmpty { return }
      guard rest[0] == UInt8(ascii: ":") else { throw .expected("[ADDRESS]:PORT") }
      port = try DrainCore.port(rest.from(1))
      return
    }
    let colon = text.index(of: UInt8(ascii: ":"))
    let slash = text.index(of: UInt8(ascii: "/"))
    if let colon, slash == nil, text.index(of: UInt8(ascii: ":"), from: colon &+ 1) != nil {
      throw .refused("an IPv6 address is written in brackets: [::1]:8080")
    }
    let name = text.before(colon ?? text.count)
    if !name.isEmpty && !HostPort.isHost(name) { throw .refused("not a host's name or address") }
    host = [UInt8](copying: name)
    if let colon { port = try DrainCore.port(text.from(colon &+ 1)) }
  }

  /// Whether it is an IPv4 address or may be a name: labels of letters, digits, hyphens and
  /// underscores, 1 to 63 bytes each (RFC 1035, section 2.3.4), with dots between them and perhaps at
  /// the end. A name whose last label is a number is not one (WHATWG URL, "ends in a number").
  private static func isHost(_ name: Span<UInt8>) -> Bool {
    if name.count > 253 { return false }
    var length = 0
    for index in 0..<name.count {
      let byte = name[index]
      length = byte == UInt8(ascii: ".") ? 0 : length &+ 1
      let isEmpty = length == 0 && (index == 0 || name[index &- 1] == byte)
      if isEmpty || length > 63 { return false }
      if !byte.isLetter && !byte.isDigit && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".")
        && byte != UInt8(ascii: "_")
      {
        return false
      }
    }
    let label = name.from((name.lastIndex(of: UInt8(ascii: ".")) ?? -1) &+ 1)
    return !label.isEmpty && label[0].isDigit && label.decimal(atMost: .max) != nil
      ? IPAddress(parsing: name) != nil : name[0] != UInt8(ascii: "-")
  }
}

extension ListenAddress {
  /// Reads `off`, `PORT`, `:PORT`, `ADDR:PORT` or `[V6]:PORT`.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    let expected = ValueProblem.expected("[ADDR:]PORT such as 14315 or 127.0.0.1:14315, or off")
    if isEqual(text, "off") {
      self = .off
      return
    }
    if text.decimal(atMost: .max) != nil {
      guard let port = try? DrainCore.port(text) else { throw expected }
      self = .on(address: nil, port: port)
      return
    }
    if text.index(of: UInt8(ascii: ":")) == nil || text.index(of: UInt8(ascii: "/")) != nil {
      throw expected
    }
    let parts = try HostPort(parsing: text)
    guard let port = parts.port else { throw expected }
    if parts.host.isEmpty {
      self = .on(address: nil, port: port)
    } else if let address = IPAddress(parsing: parts.host.span) {
      self = .on(address: address, port: port)
    } else {
      throw .refused("listens on an address, such as 127.0.0.1 or [::1], not on a name")
    }
  }
}
