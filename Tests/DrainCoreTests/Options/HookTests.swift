import Testing

@testable import DrainCore

@Suite struct HookTests {
  private func hook(_ text: String) -> Check? {
    parsed(text) { bytes throws(ValueProblem) in try Check.hook(bytes) }
  }

  @Test(arguments: [
    "", " ", "\"", "'a", "a 'b", "''", "http://h/x", "https://h/x", "PUT https://h/x",
    "put http://h/x", "Post http://h/", "PUT http://", "PUT http://u:p@h/", "PUT http://h/a b",
    "PUT x", "DELETE", "PATCH consul:8500/x", "HEAD http://h/", "FETCH http://h/",
    "delete http://h/", "HEAD consul:8500/x", "PURGE h/x", "OPTIONS h", "TRACE h", "CONNECT h:80",
    "PUT http://h:0/", "POST http://h/\r\nX: y", "GET http://h/ x",
  ])
  func whatIsNoHookIsRefused(text: String) {
    #expect(hook(text) == nil)
  }

  @Test(
    arguments: [
      ("/bin/x", "/bin/x", .exec([bytes("/bin/x")])),
      ("x s3cret 'a b'", "x", .exec(["x", "s3cret", "a b"].map(bytes))),
      ("'my prog' a", "my prog", .exec([bytes("my prog"), bytes("a")])),
      ("put x", "put", .exec([bytes("put"), bytes("x")])),
      ("purge /x", "purge", .exec([bytes("purge"), bytes("/x")])),
      ("CLEANUP x", "CLEANUP", .exec([bytes("CLEANUP"), bytes("x")])),
      ("DELETE http://h", "DELETE http://h", .http(host: bytes("h"), port: 80, path: bytes("/"))),
      ("PATCH http://h", "PATCH http://h", .http(host: bytes("h"), port: 80, path: bytes("/"))),
      ("curl http://h/x", "curl", .exec([bytes("curl"), bytes("http://h/x")])),
      ("x\u{1b}[2J", "x\\x1b[2J", .exec([bytes("x\u{1b}[2J")])),
      (
        "PUT http://consul:8500/v1/x?token=s3cret", "PUT http://consul:8500/v1/x?...",
        .http(host: bytes("consul"), port: 8500, path: bytes("/v1/x?token=s3cret"))
      ),
      (
        "POST   http://[::1]/", "POST http://[::1]/",
        .http(host: bytes("::1"), port: 80, path: bytes("/"))
      ),
      ("GET http://h", "GET http://h", .http(host: bytes("h"), port: 80, path: bytes("/"))),
    ] as [(String, String, Check.Kind)])
  func hooks(text: String, name: String, kind: Check.Kind) {
    #expect(hook(text)?.kind == kind)
    #expect(hook(text).map { String(decoding: $0.text, as: UTF8.self) } == name)
  }

  @Test func aBodyHasALimit() {
    let most = [UInt8](repeating: 0x78, count: OptionLimits.bodyBytes)
    let option = bytes("--hook-body")
    #expect(readBytes([option, most, bytes("x")], []).options?.hookBody == most)
    #expect(
      readBytes([option, most + most, bytes("x")], []).error == "--hook-body: longer than 64 KiB")
  }

  /// The request that a drain's hook comes to, or the error.
  private func request(_ words: [String], _ environment: [String: String] = [:]) -> String {
    guard let options = read(words + ["x"]).options else { return "refused" }
    do throws(OptionError) {
      let checks = try options.hookChecks(.drain) { name in
        environment[String(decoding: name, as: UTF8.self)].map(bytes)
      }
      guard checks.count == 1, case .send(_, _, let request) = checks[0].kind else { return "none" }
      return String(decoding: request, as: UTF8.self)
    } catch {
      var buffer = ByteBuffer(capacity: OptionLimits.errorBytes)
      buffer.append(error)
      return text(buffer)
    }
  }

  @Test func aRequestIsWhole() {
    let version = "\(Version.text)"
    #expect(
      request(
        [
          "--on-drain", "PUT http://c:85/v1/${ID}?a=${ID}", "--hook-header", "X-T: ${T}",
          "--hook-body", "{\"id\": \"${ID}\"}",
        ], ["ID": "web 1/ä", "T": "s3cret\n"])
        == "PUT /v1/web%201%2f%c3%a4?a=web%201%2f%c3%a4 HTTP/1.1\r\nHost: c:85\r\n"
        + "User-Agent: drainit/\(version)\r\nAccept: */*\r\nConnection: close\r\n"
        + "Content-Length: 18\r\nX-T: s3cret\r\n\r\n{\"id\": \"web 1/ä\"}")
  }

  @Test func aGetHasNoBodyAndAPostWithoutOneSaysSo() {
    #expect(!request(["--on-drain", "GET http://h/", "--hook-body", "b"]).contains("Length"))
    #expect(request(["--on-drain", "POST http://h/"]).contains("\r\nContent-Length: 0\r\n"))
  }

  @Test(arguments: [
    ("${A}", "value"), ("${A", "${A"), ("$A", "$A"), ("${}", "${}"), ("${A B}", "${A B}"),
    ("$${A}", "$value"), ("${A}${A}", "valuevalue"), ("${E}", ""), ("${${A}}", "${value}"),
    ("${N}.", "a\nb."),
  ])
  func names(text: String, whole: String) {
    let request = request(
      ["--on-drain", "PUT http://h/", "--hook-body", text],
      ["A": "value", "E": "", "N": "a\nb\n\n"])
    #expect(request.hasSuffix("\r\n\r\n" + whole))
  }

  @Test func whatCannotBeSentIsRefusedWithoutBeingShown() {
    let hook = ["--on-drain", "PUT http://h/${P}"]
    #expect(request(hook) == "--on-drain: ${P} is not set")
    #expect(
      request(hook + ["--hook-header", "A: ${T}"], ["P": ""]) == "--hook-header: ${T} is not set")
    #expect(
      request(hook + ["--hook-header", "A: ${T}"], ["P": "", "T": "s3cret\r\nB: c"])
        == "--hook-header: a header's value has no control bytes")
    let long = String(repeating: "${P}", count: 100)
    #expect(
      request(hook + ["--hook-body", long], ["P": String(repeating: "x", count: 10_000)])
        == "--hook-body: too long")
  }

  @Test func aProgramStaysAsItIs() throws {
    let options = try #require(read(["--on-exit", "p '${A}'", "x"]).options)
    let checks = try options.hookChecks(.exit) { _ in nil }
    #expect(checks.map(\.kind) == [.exec([bytes("p"), bytes("${A}")])])
  }
}
