import Testing

@testable import DrainCore

@Suite struct HTTPReplyTests {
  static let table: [(String, HTTPReplyParser.Progress)] = [
    ("", .needMore),
    ("HTTP/1.1 200", .needMore),
    ("HTTP/1.1 200\n", .status(200)),
    ("HTTP/1.1 200\r", .status(200)),
    ("HTTP/1.1 200 OK\r\n\r\n", .status(200)),
    ("HTTP/1.0 399 \r\n", .status(399)),
    ("HTTP/2.0 503 x", .status(503)),
    ("HTTP/1.1 999 x", .status(999)),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n", .status(204)),
    ("HTTP/1.1 103\nLink: x\n\nHTTP/1.1 301 x", .status(301)),
    ("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n", .needMore),
    ("HTTP/1.1 100 Continue\r\n\r\nnonsense", .malformed),
    ("HTTP/1.1 100 Continue\r\n\rX", .malformed),
    ("HTTP/1.1 101 Switching\r\n", .malformed),
    ("HTTP/1.1 099 x", .malformed),
    ("HTTP/1.1 20", .needMore),
    ("HTTP/1.1 20 OK", .malformed),
    ("HTTP/1.1 2000 OK", .malformed),
    ("HTTP/1.1  200 OK", .malformed),
    ("HTTP/1.1\r\n", .malformed),
    ("HTTP/11.1 200", .malformed),
    ("HTTP/.1 200", .malformed),
    ("HTTP/1 200 OK", .malformed),
    ("http/1.1 200 OK", .malformed),
    ("ICY 200 OK", .malformed),
    ("SSH-2.0-OpenSSH", .malformed),
    ("\u{0}\u{0}\u{12}\u{4}", .malformed),
    ("\r\nHTTP/1.1 200 OK", .malformed),
  ]

  @Test func anAnswersFirstLineDecides() {
    for (text, expected) in Self.table {
      #expect(parse(Array(text.utf8)) == expected, "\(text)")
    }
  }

  @Test func anEndlessAnswerIsNone() {
    let interim = Array(String(repeating: "HTTP/1.1 100 x\r\n\r\n", count: 2000).utf8)
    #expect(parse(interim) == .malformed)
    let header = Array("HTTP/1.1 100 x\r\nA: ".utf8) + [UInt8](repeating: 65, count: 20_000)
    #expect(parse(header) == .malformed)
  }

  @Test func anyBytesInAnyPiecesComeToTheSame() {
    var random = Random(seed: 200_399)
    for _ in 0..<20_000 {
      var bytes = Array(Self.table.randomElement(using: &random)!.0.utf8)
      for _ in 0..<random.below(4) where !bytes.isEmpty {
        bytes[random.below(bytes.count)] = UInt8(random.below(256))
      }
      var parser = HTTPReplyParser()
      var progress = HTTPReplyParser.Progress.needMore
      var start = 0
      while progress == .needMore && start < bytes.count {
        let end = min(bytes.count, start + 1 + random.below(12))
        progress = parser.advance(over: bytes.span.extracting(start..<end))
        start = end
      }
      #expect(progress == parse(bytes), "\(bytes)")
    }
  }

  private func parse(_ bytes: [UInt8]) -> HTTPReplyParser.Progress {
    var parser = HTTPReplyParser()
    return parser.advance(over: bytes.span)
  }
}

@Suite struct CheckTargetTests {
  private func target(_ text: String, headers: [String] = []) throws -> CheckTarget {
    let bytes = Array(text.utf8)
    return CheckTarget(try Check(parsing: bytes.span), headers: headers.map { Array($0.utf8) })
  }

  private func request(_ target: CheckTarget) -> String? {
    guard case .ask(let bytes, .http) = target.purpose else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func aPortAloneIsThisHost() throws {
    for text in ["tcp:8080", "tcp:localhost:8080", "tcp:LOCALHOST:8080"] {
      let target = try target(text)
      #expect(target.addresses.count == 2)
      #expect(target.addresses[0] == .v4(0x7f00_0001))
      #expect(target.addresses[1] == IPAddress(bits: 1))
      #expect(target.port == 8080)
      #expect(target.purpose == .connect)
      #expect(target.name.isEmpty)
    }
  }

  @Test func anAddressIsTakenAndANameIsLeftToTheResolver() throws {
    #expect(try target("tcp:10.0.0.1:80").addresses[0] == .v4(0x0a00_0001))
    #expect(try target("http://[::2]/").addresses[0] == IPAddress(bits: 2))
    let named = try target("http://db.local:81/x")
    #expect(named.addresses.count == 0)
    #expect(named.addresses[0] == nil)
    #expect(String(decoding: named.name, as: UTF8.self) == "db.local")
    #expect(try target("none").purpose == .nothing)
    #expect(try target("listening").purpose == .listeners)
  }

  @Test func theRequestIsWhole() throws {
    #expect(
      request(try target("http://a:8080/p?q=1"))
        == "GET /p?q=1 HTTP/1.1\r\nHost: a:8080\r\nUser-Agent: drainit/\(Version.text)\r\n"
        + "Accept: */*\r\nConnection: close\r\n\r\n")
    #expect(request(try target("http://[::1]"))?.contains("\r\nHost: [::1]\r\n") == true)
  }

  @Test func aHeaderOfTheUsersTakesThePlaceOfOurs() throws {
    let headers = ["HOST: b", "User-agent:x", "Authorization: Bearer t", "accept : y"]
    #expect(
      request(try target("http://a/", headers: headers))
        == "GET / HTTP/1.1\r\nConnection: close\r\nHOST: b\r\nUser-agent:x\r\n"
        + "Authorization: Bearer t\r\naccept : y\r\n\r\n")
  }

  @Test func moreAddressesThanFitAreDropped() {
    var list = AddressList()
    for number in 0..<20 { list.append(.v4(UInt32(number))) }
    #expect(list.count == 8)
    #expect(list[7] == .v4(7))
    #expect(list[8] == nil)
    #expect(list[-1] == nil)
  }

  @Test func ownConnectionsAreKnownByAddressAndPort() {
    var own = OwnConnections()
    #expect(!own.contains(IPAddress(bits: 0), port: 0))
    for port in 1...65 { own.insert(.v4(1), port: UInt16(port)) }
    #expect(!own.contains(.v4(1), port: 1))
    #expect(own.contains(.v4(1), port: 2))
    #expect(own.contains(.v4(1), port: 65))
    #expect(!own.contains(.v4(2), port: 65))
  }
}
