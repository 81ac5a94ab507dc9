extension Options {
  /// Takes a `--port`: a number, or what a UNIX socket is bound to.
  mutating func addPort(_ text: Span<UInt8>) throws(ValueProblem) {
    guard hasPrefix(text, "/") || hasPrefix(text, "@") else {
      guard let port = try? port(text) else {
        throw .expected("a port of 1 to 65535, or a UNIX socket's path or @NAME")
      }
      return ports.append(port)
    }
    // Each is a check, unless `--ready` says otherwise, and `listening` is one more.
    if socketPaths.count &+ 1 >= CheckLimits.count { throw .refused("more than 15 UNIX sockets") }
    socketPaths.append(try Check.socketPath(text))
  }

  /// What the gate asks: `--ready`, else whether the app listens where it is to.
  public var gateChecks: [Check] {
    if !ready.isEmpty { return ready }
    var checks: [Check] = []
    if socketPaths.isEmpty || !ports.isEmpty {
      checks.append(Check(text: [UInt8]("listening"), kind: .listening))
    }
    for path in socketPaths {
      checks.append(Check(text: [UInt8]("unix:") + path, kind: .unix(path)))
    }
    return checks
  }

  /// What of the app's sockets was named; whether a `file:` is a socket is not known yet.
  public var named: NamedSockets {
    var named = NamedSockets()
    named.hasPort = !ports.isEmpty
    named.hasLocal = !socketPaths.isEmpty
    for check in ready {
      // A name is as a rule another's, such as the database that a worker needs.
      switch check.kind {
      case .unix: named.hasLocal = true
      case .tcp(let host, _): named.note(host)
      case .http(let host, _, _): named.note(host)
      case .grpc(let host, _, _): named.note(host)
      case .listening, .send, .exec, .file, .absent, .notify, .descriptor, .none: break
      }
    }
    return named
  }
}

extension NamedSockets {
  @inline(never) fileprivate mutating func note(_ host: [UInt8]) {
    if !CheckTarget.needsName(host) { asksApp = true }
  }
}
