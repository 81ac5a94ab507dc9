import Testing

@testable import DrainCore

@Suite struct HTTPRequestTests {
  static let host = "Host: a\r\n\r\n"
  static let signature = "\r\n\r\n\0\r\nQUIT\n"
  static let long = String(repeating: "a", count: 5000)

  static let refused: [(String, HTTPRefusal)] = [
    ("\u{16}\u{03}\u{01}", .badSyntax),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/2.0\r\n", .versionNotSupported),
    ("GET /readyz HTTP/0.9\r\n", .versionNotSupported),
    ("GET /readyz HTTP/3\r\n", .badVersionSyntax),
    ("GET /readyz HTTP/1.10\r\n", .badVersionSyntax),
    ("GET /readyz http/1.1\r\n", .badVersionSyntax),
    ("GET /readyz HTTX/1.1\r\n", .badVersionSyntax),
    ("GET /readyz HTTP/1,1\r\n", .badVersionSyntax),
    ("GET /readyz\r\n", .badVersionSyntax),
    ("GET /readyz \r\n", .badVersionSyntax),
    ("GET\r\n", .badSyntax),
    ("GET  /readyz HTTP/1.1\r\n", .badSyntax),
    ("GET /readyz  HTTP/1.1\r\n", .badVersionSyntax),
    (" GET /readyz HTTP/1.1\r\n", .badSyntax),
    ("GET\t/readyz HTTP/1.1\r\n", .badSyntax),
    ("GET /ready\u{0}z HTTP/1.1\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\rX", .badSyntax),
    ("\rGET", .badSyntax),
    ("G(T /readyz HTTP/1.1\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\n\r\n", .noHost),
    ("GET /readyz HTTP/1.9\r\n\r\n", .noHost),
    ("GET /readyz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .twoHosts),
    ("GET /readyz HTTP/1.0\r\nHost: a\r\nhOST: b\r\n\r\n", .twoHosts),
    ("GET /readyz HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: u@a\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: a:1:2\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: []\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost: [::1]x\r\n\r\n", .badHost),
    ("GET /readyz HTTP/1.1\r\nHost : a\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\n Host: a\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\nno colon\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\n: empty\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", .badSyntax),
    ("GET /readyz HTTP/1.1\r\nHost: a\rX", .badSyntax),
    ("GET /readyz HTTP/1.1\r\nHost: a\r\n\rX", .badSyntax),
    ("GET /%7 HTTP/1.1\r\n" + host, .badTarget),
    ("GET /%zz HTTP/1.1\r\n" + host, .badTarget),
    ("GET * HTTP/1.1\r\n" + host, .badTarget),
    ("GET readyz HTTP/1.1\r\n" + host, .badTarget),
    ("GET ftp://a/readyz HTTP/1.1\r\n" + host, .badTarget),
    ("GET http:///readyz HTTP/1.1\r\n" + host, .badTarget),
    ("GET http:// HTTP/1.1\r\n" + host, .badTarget),
    ("GET / HTTP/1.1\r\n" + host, .notFound),
    ("GET /readyz/ HTTP/1.1\r\n" + host, .notFound),
    ("GET /startupz/tcp:1 HTTP/1.1\r\n" + host, .notFound),
    ("GET /status/x HTTP/1.1\r\n" + host, .notFound),
    ("GET //readyz/x HTTP/1.1\r\n" + host, .notFound),
    ("GET //readyz HTTP/1.1\r\n" + host, .notFound),
    ("GET /READYZ HTTP/1.1\r\n" + host, .notFound),
    ("GET /readyz%00 HTTP/1.1\r\n" + host, .notFound),
    ("GET /readyzz HTTP/1.1\r\n" + host, .notFound),
    ("GET /ready HTTP/1.1\r\n" + host, .notFound),
    ("GET http://a HTTP/1.1\r\n" + host, .notFound),
    ("GET http://a?/readyz HTTP/1.1\r\n" + host, .notFound),
    ("OPTIONS /nothing HTTP/1.0\r\n\r\n", .notFound),
    ("OPTIONS * HTTP/1.1\r\n\r\n", .noHost),
    ("OPTIONS ** HTTP/1.0\r\n\r\n", .badTarget),
    ("HEAD / HTTP/1.0\r\n\r\n", .notFound),
    ("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", .badProxyHeader),
    ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", .badProxyHeader),
    ("PROXY \n", .badProxyHeader),
    ("PROXY " + long, .badProxyHeader),
    ("PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n" + host, .badVersionSyntax),
    (signature + "\u{11}\u{11}\0\0", .badProxyHeader),
    (signature + "\u{21}\u{11}\0\u{b}", .badProxyHeader),
    (signature + "\u{21}\0\u{7f}\0", .badProxyHeader),
    ("\r\n\r\n\0\r\nQUIX", .badSyntax),
    ("HEAD * HTTP/1.0\r\n\r\n", .badTarget),
    ("POST /readyz HTTP/1.1\r\n" + host, .methodNotAllowed),
    ("get /readyz HTTP/1.1\r\n" + host, .methodNotAllowed),
    ("CONNECT a:80 HTTP/1.1\r\n" + host, .methodNotAllowed),
    (long, .badSyntax),
    ("GET /" + long, .targetTooLong),
    ("GET /readyz HTTP/1.1\r\nX: " + long, .headTooLong),
    ("GET /readyz HTTP/1.1\r\n" + long, .headTooLong),
    (String(repeating: "\r\n", count: 2500), .badSyntax),
  ]

  @Test func aBadRequestIsRefused() {
    for (text, expected) in Self.refused {
      #expect(parse(Array(text.utf8)) == .refused(expected), "\(text.prefix(60))")
    }
  }

  static let accepted: [(String, HTTPRequest.Route, String)] = [
    ("GET /readyz HTTP/1.1\nHost: a\n\n", .probe(.readyz), ""),
    ("\r\n\n\r\nGET /readyz HTTP/1.1\r\n" + host, .probe(.readyz), ""),
    ("GET /readyz HTTP/1.0\r\n\r\n", .probe(.readyz), ""),
    ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /livez HTTP/1.0\r\n\r\n", .probe(.livez), ""),
    ("PROXY UNKNOWN x y\r\n\r\nGET /livez?a HTTP/1.0\r\n\r\n", .probe(.livez), "a"),
    (
      signature + "\u{20}\0\0\u{3}abcGET /status?b HTTP/1.1\r\n" + host, .status, "b"
    ),
    ("\r\n\r\n\r\nGET /livez HTTP/1.0\r\n\r\n", .probe(.livez), ""),
    ("GET /livez HTTP/1.2\r\n" + host, .probe(.livez), ""),
    ("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", .probe(.healthz), ""),
    ("GET /startupz HTTP/1.1\r\nhost: \t[fe80::1]:8080 \r\n\r\n", .probe(.startupz), ""),
    ("GET /readyz HTTP/1.1\r\nX:\r\nHOST:10.0.0.1:\r\n\r\n", .probe(.readyz), ""),
    ("GET /metrics?x HTTP/1.0\r\n\r\n", .metrics, "x"),
    ("GET /%73tatus HTTP/1.0\r\n\r\n", .status, ""),
    ("GET /%72ead%79z HTTP/1.1\r\n" + host, .probe(.readyz), ""),
    ("GET /readyz?verbose HTTP/1.1\r\n" + host, .probe(.readyz), "verbose"),
    ("GET /readyz? HTTP/1.1\r\n" + host, .probe(.readyz), ""),
    ("GET /readyz?a?b=%zz HTTP/1.1\r\n" + host, .probe(.readyz), "a?b=%zz"),
    ("GET http://a:1/readyz?verbose HTTP/1.1\r\n" + host, .probe(.readyz), "verbose"),
    ("GET HTTPS://[::1]/livez HTTP/1.1\r\n" + host, .probe(.livez), ""),
    ("GET /readyz HTTP/1.1\r\nHost: a\r\nX: caf\u{e9}\r\n\r\nGET /", .probe(.readyz), ""),
  ]

  @Test(arguments: accepted)
  func aGoodRequestNamesItsPage(text: String, route: HTTPRequest.Route, query: String) {
    let bytes = Array(text.utf8)
    guard case .request(let request) = parse(bytes) else {
      Issue.record("\(text): \(parse(bytes))")
      return
    }
    #expect(request.route == route)
    #expect(request.answer == .whole)
    #expect(
      String(decoding: bytes[request.query.start..<request.query.end], as: UTF8.self) == query)
  }

  @Test func oneCheckMayBeAskedFor() {
    let asked: [(String, ProbePage, String)] = [
      ("/readyz/tcp:1", .readyz, "tcp:1"), ("/%72eadyz/a/b%2Fc?x", .readyz, "a/b%2Fc"),
      ("/livez/exec:true", .livez, "exec:true"), ("/healthz/%65xec:a", .healthz, "%65xec:a"),
      ("http://h/readyz/a", .readyz, "a"),
    ]
    for (path, page, check) in asked {
      let bytes = Array("GET \(path) HTTP/1.0\r\n\r\n".utf8)
      guard case .request(let request) = parse(bytes) else {
        Issue.record("\(path)")
        continue
      }
      #expect(request.route == .probe(page))
      let asked = bytes[request.check.start..<request.check.end]
      #expect(String(decoding: asked, as: UTF8.self) == check)
    }
  }

  @Test func optionsIsForTheServerOrAPage() {
    for target in ["*", "/", "/?verbose", "http://a", "http://a/", "/readyz", "http://a/readyz"] {
      let text = "OPTIONS \(target) HTTP/1.1\r\n" + Self.host
      guard case .request(let request) = parse(Array(text.utf8)) else {
        Issue.record("\(target)")
        continue
      }
      #expect(request.route == .probe(.readyz) && request.answer == .none, "\(target)")
    }
  }

  @Test func aHeadThatIsNotWholeWaits() {
    let whole = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
    for length in 0..<whole.utf8.count {
      #expect(parse(Array(whole.utf8.prefix(length))) == .needMore)
    }
  }

  @Test func whatFollowsTheHeadIsNotRead() {
    let head = "HEAD /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
    guard case .request(let request) = parse(Array((head + "\u{0}abc").utf8)) else {
      Issue.record("no request")
      return
    }
    #expect(request.headLength == head.utf8.count)
    #expect(request.announcesBody)
    #expect(request.answer == .head)
  }

  @Test func aKubeletIsTold() {
    for (agent, expected) in [("kube-probe/1.30", true), ("curl/8 kube-probe/1", false)] {
      let text = "GET /readyz HTTP/1.1\r\nHost: a\r\nUser-Agent: \(agent)\r\n\r\n"
      guard case .request(let request) = parse(Array(text.utf8)) else {
        Issue.record("no request")
        return
      }
      #expect(request.isKubelet == expected)
      #expect(!request.announcesBody)
    }
  }

  @Test func aHeadOfExactlyTheLimitIsServed() {
    let frame = "GET /readyz HTTP/1.0\r\nX: \r\n\r\n"
    let room = EndpointLimits.headBytes - frame.utf8.count
    let filling = String(repeating: "x", count: room)
    let fits = "GET /readyz HTTP/1.0\r\nX: \(filling)\r\n\r\n"
    if case .request = parse(Array(fits.utf8)) {} else { Issue.record("refused") }
    let tooLong = "GET /readyz HTTP/1.0\r\nX: x\(filling)\r\n\r\n"
    #expect(parse(Array(tooLong.utf8)) == .refused(.headTooLong))
  }

  @Test func anyBytesInAnyPiecesComeToTheSame() {
    var random = Random(seed: 14_315)
    let pieces = Self.accepted.map { Array($0.0.utf8) } + Self.refused.map { Array($0.0.utf8) }
    for _ in 0..<20_000 {
      var bytes = pieces.randomElement(using: &random)!
      if bytes.count > 200 && Bool.random(using: &random) { bytes.removeLast(bytes.count - 200) }
      for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(" \r\n:/?%GT"[Int.random(in: 0..<9, using: &random)], at: place)
        }
      }
      var parser = HTTPRequestParser()
      var progress = HTTPProgress.needMore
      var length = 0
      while progress == .needMore && length < bytes.count {
        length = min(bytes.count, length + Int.random(in: 1...40, using: &random))
        progress = parser.advance(over: bytes.span.extracting(0..<length))
      }
      #expect(progress == parse(bytes), "\(bytes)")
    }
  }

  private func parse(_ bytes: [UInt8]) -> HTTPProgress {
    var parser = HTTPRequestParser()
    return parser.advance(over: bytes.span)
  }
}

extension String {
  fileprivate subscript(index: Int) -> UInt8 { Array(utf8)[index] }
}
