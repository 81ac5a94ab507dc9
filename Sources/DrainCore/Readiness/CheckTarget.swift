/// What a server's answer is read as.
public enum AnswerProtocol: UInt8, BitwiseCopyable, Sendable {
  /// 200 to 399 will do, as for the kubelet.
  case http
  /// 200 to 299: what was sent has been done.
  case done
  case grpc
}

/// Where a check or a hook connects to, and what it says there; made once.
public struct CheckTarget: Sendable {
  /// What connecting comes to.
  public enum Purpose: Equatable, Sendable {
    /// Nothing is connected to: the check is `none`.
    case nothing
    /// What the app listens on has to be looked up.
    case listeners
    /// A connect that succeeds is all.
    case connect
    /// The bytes of a request whose answer decides.
    case ask([UInt8], AnswerProtocol)
    /// Not a matter of connections: the check's kind says what else decides.
    case elsewhere
  }

  public let purpose: Purpose
  public let port: UInt16
  /// The host's addresses; none where it is a name that has to be resolved each time.
  public let addresses: AddressList
  /// The host's name where it has to be resolved; else empty.
  public let name: [UInt8]

  /// Takes a check apart; `headers` are those of `--check-header`.
  public init(_ check: Check, headers: [[UInt8]]) {
    switch check.kind {
    case .none: self.init(.nothing, host: [], port: 0)
    case .listening: self.init(.listeners, host: [], port: 0)
    case .unix, .exec, .file, .absent, .notify, .descriptor:
      self.init(.elsewhere, host: [], port: 0)
    case .tcp(let host, let port): self.init(.connect, host: host, port: port)
    case .http(let host, let port, let path):
      let request = CheckRequest.bytes(
        [UInt8]("GET"), host: host, port: port, path: path, headers: headers)
      self.init(.ask(request, .http), host: host, port: port)
    case .send(let host, let port, let request):
      self.init(.ask(request, .done), host: host, port: port)
    case .grpc(let host, let port, let service):
      let request = GRPCHealth.request(
        host: host.span, port: port, service: service.span)
      self.init(.ask(request, .grpc), host: host, port: port)
    }
  }

  /// Whether a host is a name that has to be resolved: neither an address nor this host.
  public static func needsName(_ host: [UInt8]) -> Bool {
    // RFC 6761, section 6.3: localhost is always this host, whatever a resolver says.
    !host.isEmpty && !isEqualIgnoringCase(host.span, "localhost")
      && IPAddress(parsing: host.span) == nil
  }

  private init(_ purpose: Purpose, host: [UInt8], port: UInt16) {
    self.purpose = purpose
    self.port = port
    var addresses = AddressList()
    var name: [UInt8] = []
    // RFC 6761, section 6.3: localhost is always this host, whatever a resolver says.
    if host.isEmpty || isEqualIgnoringCase(host.span, "localhost") {
      addresses = .loopback
    } else if let address = IPAddress(parsing: host.span) {
      addresses.append(address)
    } else {
      name = host
    }
    self.addresses = addresses
    self.name = name
  }
}
