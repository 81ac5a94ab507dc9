import Testing

@testable import DrainCore

@Suite struct CheckSyntaxTests {
  @Test(arguments: [
    "", " ", "listen", "Listening", "none ", "tcp", "tcp:", "tcp:0", "tcp:65536", "tcp:h", "tcp:h:",
    "tcp:h:80:90", "tcp:::1:80", "tcp:[::1]", "tcp:[::1]80", "tcp:h h:80", "tcp:-h:80",
    "tcp:1.2.3:80",
    "http://h/%zz", "http://h/%4", "http://h/x?a=100%", "http://a..b/", "http://.a/", "tcp:a..b:80",
    "grpc:a..:80", "tcp:\(String(repeating: "a", count: 64)).b:80",
    "tcp:1.2.3.256:80", "tcp:h/x:80", "tcp:é:80", "http:", "http:/", "http://", "http:///x",
    "http://:80/x", "http://h:/x", "http://h:0/x", "http://h:80x/", "http://u@h/", "http://u:p@h/",
    "http://[::1/x", "http://[h]/x", "http://::1/x", "http://h/a b", "http://h/a#b", "http://h/é",
    "http://h/\u{7f}", "http://h/\r\nHost: x", "https://h/", "HTTPS://h/", "udp:53", "80", "h:80",
    "exec:", "exec: ", "exec:''", "exec:'a", "exec:a \"b", "exec:a\u{0}b", "file:", "file:a\u{0}",
    "absent:", "Exec:a", "notify:", "Notify", "fd:", "fd:0", "fd:2", "fd:-3", "fd:1048576", "fd:x",
    "grpc:", "grpc:h", "grpc:/s", "grpc:80/a b", "grpc:80/a/b", "grpc:80/é", "grpc:80/s?x",
    "grpc:://h:80",
  ])
  func whatIsNoCheckIsRefused(text: String) {
    #expect(parsed(text) { bytes throws(ValueProblem) in try Check(parsing: bytes) } == nil)
  }

  @Test(
    arguments: [
      ("listening", .listening), ("none", .none), ("tcp:80", .tcp(host: [], port: 80)),
      ("tcp::80", .tcp(host: [], port: 80)), ("tcp:h:80", .tcp(host: bytes("h"), port: 80)),
      ("tcp://h:80", .tcp(host: bytes("h"), port: 80)),
      ("tcp:[::1]:80", .tcp(host: bytes("::1"), port: 80)),
      ("tcp:10.0.0.1:80", .tcp(host: bytes("10.0.0.1"), port: 80)),
      ("tcp:my_db.prod-1.svc.:5432", .tcp(host: bytes("my_db.prod-1.svc."), port: 5432)),
      ("http://h", .http(host: bytes("h"), port: 80, path: bytes("/"))),
      ("http://h/%2F%c3?%25", .http(host: bytes("h"), port: 80, path: bytes("/%2F%c3?%25"))),
      ("http://a.b./", .http(host: bytes("a.b."), port: 80, path: bytes("/"))),
      ("http://h:81", .http(host: bytes("h"), port: 81, path: bytes("/"))),
      ("http://h?a=b", .http(host: bytes("h"), port: 80, path: bytes("/?a=b"))),
      ("HTTP://h/a/b?c=d@e", .http(host: bytes("h"), port: 80, path: bytes("/a/b?c=d@e"))),
      ("http://[::1]:81/x", .http(host: bytes("::1"), port: 81, path: bytes("/x"))),
      ("http://127.0.0.1:81/:x", .http(host: bytes("127.0.0.1"), port: 81, path: bytes("/:x"))),
      ("exec:a", .exec([bytes("a")])), ("exec: a  b\tc ", .exec(["a", "b", "c"].map(bytes))),
      ("exec:'a b' \"c 'd\" e'f g'h", .exec(["a b", "c 'd", "ef gh"].map(bytes))),
      ("exec:a '' \"\" b", .exec(["a", "", "", "b"].map(bytes))),
      ("exec:a '$B' \\ '`c`'", .exec(["a", "$B", "\\", "`c`"].map(bytes))),
      ("file:/run/ok now", .file(bytes("/run/ok now"))), ("file:x", .file(bytes("x"))),
      ("absent:/é", .absent(bytes("/é"))),
      ("notify", .notify), ("fd:3", .descriptor(3)), ("fd:1048575", .descriptor(1_048_575)),
      ("grpc:80", .grpc(host: [], port: 80, service: [])),
      ("grpc:80/", .grpc(host: [], port: 80, service: [])),
      ("grpc:h:80/a.b_c.D1", .grpc(host: bytes("h"), port: 80, service: bytes("a.b_c.D1"))),
      ("grpc://[::1]:80", .grpc(host: bytes("::1"), port: 80, service: [])),
    ] as [(String, Check.Kind)])
  func checks(text: String, expected: Check.Kind) {
    let check = parsed(text) { bytes throws(ValueProblem) in try Check(parsing: bytes) }
    #expect(check == Check(text: bytes(text), kind: expected))
  }

  @Test func aNameIsAtMostAsLongAsADomainName() {
    let longest = String(repeating: String(repeating: "a", count: 62) + ".", count: 4) + "a"
    #expect(
      parsed("tcp:\(longest):1") { text throws(ValueProblem) in try Check(parsing: text) } != nil)
    #expect(
      parsed("tcp:\(longest)a:1") { text throws(ValueProblem) in try Check(parsing: text) } == nil)
  }
}
