/// A request for one of the endpoint's pages.
public struct HTTPRequest: Equatable, BitwiseCopyable, Sendable {
  /// Which page.
  public var route: Route
  /// What the answer has beside its status.
  public var answer: Answer
  /// The one check that is asked for (`/readyz/CHECK`, `/livez/CHECK`), as a part of the head's bytes; empty for all.
  public var check = ByteRange(start: 0, end: 0)
  /// What followed the question mark, as a part of the head's bytes.
  public var query: ByteRange
  /// How many bytes the head has; what follows is a body or another request.
  public var headLength: Int
  /// Whether bytes that belong to this request may still come: it announced a body.
  public var announcesBody: Bool
  /// Whether a kubelet asks: `User-Agent: kube-probe/…`.
  public var isKubelet: Bool
  /// Whether `--probe` asks, which from a loopback address is the kubelet's exec probe.
  public var isProbe = false

  public enum Answer: UInt8, BitwiseCopyable, Sendable {
    /// GET: headers and a body.
    case whole
    /// HEAD: the headers that GET would have.
    case head
    /// OPTIONS: a length of 0, since there a length is that of what follows (RFC 9110, 9.3.7).
    case none
  }

  public enum Route: Equatable, BitwiseCopyable, Sendable {
    case probe(ProbePage)
    case metrics
    case status
  }
}

/// The pages that a prober asks.
public enum ProbePage: UInt8, BitwiseCopyable, Sendable {
  case readyz
  case startupz
  case livez
  case healthz
}

/// Why a request was not understood or not served; the endpoint's error answers.
public enum HTTPRefusal: UInt8, BitwiseCopyable, Sendable {
  case badSyntax
  case badProxyHeader
  case badVersionSyntax
  case noHost
  case twoHosts
  case badHost
  case badTarget
  case notFound
  case methodNotAllowed
  case headTimeout
  case targetTooLong
  case headTooLong
  case versionNotSupported

  /// The status code (RFC 9110, section 15).
  public var status: UInt16 {
    switch self {
    case .badSyntax, .badProxyHeader, .badVersionSyntax, .noHost, .twoHosts, .badHost, .badTarget:
      400
    case .notFound: 404
    case .methodNotAllowed: 405
    case .headTimeout: 408
    case .targetTooLong: 414
    case .headTooLong: 431
    case .versionNotSupported: 505
    }
  }

  /// What the answer's body says.
  public var text: StaticString {
    switch self {
    case .badSyntax: "bad request: this is not HTTP/1.1\n"
    case .badProxyHeader: "bad request: the PROXY protocol's header is malformed\n"
    case .badVersionSyntax: "bad request: a request line is METHOD TARGET HTTP/1.1\n"
    case .noHost: "bad request: HTTP/1.1 needs a Host header\n"
    case .twoHosts: "bad request: more than one Host header\n"
    case .badHost: "bad request: the Host header is not a host\n"
    case .badTarget: "bad request: the target is not a path\n"
    case .notFound:
      "not found: there are /readyz, /startupz, /livez, /healthz, /metrics and /status\n"
    case .methodNotAllowed: "method not allowed: use GET, HEAD or OPTIONS\n"
    case .headTimeout: "request timeout: the request did not come in time\n"
    case .targetTooLong: "URI too long\n"
    case .headTooLong: "request header fields too large\n"
    case .versionNotSupported: "HTTP version not supported: use HTTP/1.1 or HTTP/1.0\n"
    }
  }
}

/// What is known after the bytes so far.
public enum HTTPProgress: Equatable, BitwiseCopyable, Sendable {
  /// The head is not whole.
  case needMore
  /// The head is whole and asks for a page.
  case request(HTTPRequest)
  /// It never will be a request that is served.
  case refused(HTTPRefusal)
}

extension HTTPRequest.Route {
  /// The page of a path, which may be written with percent escapes (RFC 3986, section 6.2.2.2).
  init?(path: Span<UInt8>) {
    if PercentDecoding.isEqual(path, "/readyz") {
      self = .probe(.readyz)
    } else if PercentDecoding.isEqual(path, "/livez") {
      self = .probe(.livez)
    } else if PercentDecoding.isEqual(path, "/startupz") {
      self = .probe(.startupz)
    } else if PercentDecoding.isEqual(path, "/healthz") {
      self = .probe(.healthz)
    } else if PercentDecoding.isEqual(path, "/metrics") {
      self = .metrics
    } else if PercentDecoding.isEqual(path, "/status") {
      self = .status
    } else {
      return nil
    }
  }
}
