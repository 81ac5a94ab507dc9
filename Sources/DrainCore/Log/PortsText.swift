// Which ports a drain window watches, and how it was told that they are the app's.

extension ByteBuffer {
  /// Appends what is watched, for `-v`; without it, where more than the app's may be.
  @inline(never) mutating func append(watching context: LogContext) {
    append("watching ")
    append(context.ports.isEmpty ? "no port" : "port ")
    append(context.ports)
    append(" (found by ")
    append(context.portsOwner.name)
    append(")")
  }

  /// Appends `80, 8080-8090`.
  @inline(never) mutating func append(_ ports: PortSet) {
    for index in 0..<ports.rangeCount {
      guard let (low, high) = ports.range(index) else { break }
      if index > 0 { append(", ") }
      append(decimal: UInt64(low))
      if high == low { continue }
      append("-")
      append(decimal: UInt64(high))
    }
  }
}

extension PortsWay.Owner {
  /// The words for it in the log and in `/status`.
  var name: StaticString {
    switch self {
    case .given: "--port"
    case .cgroup: "its cgroup"
    case .descriptors: "its open files"
    case .users: "its open files and its user"
    case .newcomers: "its time: /proc does not show the app"
    }
  }
}
