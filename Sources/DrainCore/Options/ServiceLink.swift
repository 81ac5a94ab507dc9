/// Whether a variable is one that Kubernetes makes of a Service named `drainit` or `drainit-x`
/// ("Environment variables" in the Service concept), or `docker --link` of a container of that name.
///
/// `name` is what follows `DRAINIT_`.
func isServiceLink(_ name: Span<UInt8>, value: Span<UInt8>) -> Bool {
  var start = 0
  while true {
    // The Service's own name, if it is longer, ends at an underscore: every rest may be the pattern.
    if isServiceLinkSuffix(name.from(start), value: value) { return true }
    guard let underscore = name.index(of: UInt8(ascii: "_"), from: start) else { return false }
    start = underscore &+ 1
  }
}

private func isServiceLinkSuffix(_ name: Span<UInt8>, value: Span<UInt8>) -> Bool {
  if isEqual(name, "SERVICE_HOST") || isEqual(name, "SERVICE_PORT") { return true }
  if hasPrefix(name, "SERVICE_PORT_") { return name.count > 13 }
  // `docker --link`: the link's own name, "/app/alias", and the variables of the other container.
  if isEqual(name, "NAME") { return isLinksName(value) }
  if hasPrefix(name, "ENV_") { return name.count > 4 }
  if isEqual(name, "PORT") {
    return hasPrefix(value, "tcp://") || hasPrefix(value, "udp://") || hasPrefix(value, "sctp://")
  }
  guard hasPrefix(name, "PORT_") else { return false }
  let number = name.from(5)
  guard let end = number.index(of: UInt8(ascii: "_")),
    number.before(end).decimal(atMost: 65535) != nil
  else { return false }
  let proto = number.from(end &+ 1)
  return isProtocol(proto, "TCP") || isProtocol(proto, "UDP") || isProtocol(proto, "SCTP")
}

private func isLinksName(_ value: Span<UInt8>) -> Bool {
  hasPrefix(value, "/") && (value.lastIndex(of: UInt8(ascii: "/")) ?? 0) > 0
}

private func isProtocol(_ text: Span<UInt8>, _ name: StaticString) -> Bool {
  // Whatever follows: PROTO, PORT and ADDR, and of ports in a row `docker --link` has START, END, PORT_START
  // and PORT_END. No option's name is near.
  hasPrefix(text, name)
    && (text.count == name.utf8CodeUnitCount || text[name.utf8CodeUnitCount] == UInt8(ascii: "_"))
}
