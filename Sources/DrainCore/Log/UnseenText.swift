// What is said of sockets whose arrivals nothing shows.

extension ByteBuffer {
  /// Appends why nobody is waited for where there is a UDP socket, and what a server's takes.
  @inline(never) mutating func append(clientPort context: LogContext) {
    append(printable: context.program.span)
    append(" has nothing but UDP port ")
    append(decimal: UInt64(context.clientPort))
    append(
      ", a client's by its number (ip_local_port_range): nobody to wait for; a server's: --port ")
    append(decimal: UInt64(context.clientPort))
  }

  /// Appends what an app has that waits in vain for a TCP listener, and what to give.
  @inline(never) mutating func append(elsewhere other: OtherListener, _ context: LogContext) {
    append(" is not ready: it has no TCP listener, but ")
    switch other {
    case .none: append("something else")
    case .datagrams(let port):
      append("UDP port ")
      append(decimal: UInt64(port))
      append("; if that is all, give --ready none --port ")
      append(decimal: UInt64(port))
    case .local:
      append("a UNIX socket; if that is all, give --ready unix:")
      append(printable: context.unixPath.span)
    }
  }
}
