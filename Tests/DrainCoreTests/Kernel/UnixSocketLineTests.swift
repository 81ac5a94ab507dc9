import Testing

@testable import DrainCore

@Suite struct UnixSocketLineTests {
  private func path(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard let line = UnixSocketLine(bytes.span, from: 0, to: bytes.count) else { return nil }
    return String(decoding: bytes[line.path.start..<line.path.end], as: UTF8.self)
      + " \(line.inode)"
  }

  @Test(arguments: [
    (
      "0000000000000000: 00000002 00000000 00010000 0001 01 34567 /run/app.sock",
      "/run/app.sock 34567"
    ),
    ("0000000000000000: 00000002 00000000 00010000 0005 01 7 /run/a b.sock", "/run/a b.sock 7"),
    ("0000000000000000: 00000002 00000000 00010000 0001 01 7 relative.sock", "relative.sock 7"),
    // Abstract, connected, not listening, without a path, of another world.
    ("0000000000000000: 00000002 00000000 00010000 0001 01 7 @/tmp/dbus-1", nil),
    ("0000000000000000: 00000003 00000000 00000000 0001 03 7 /run/app.sock", nil),
    ("0000000000000000: 00000002 00000000 00000000 0002 01 7 /dev/log", nil),
    ("0000000000000000: 00000002 00000000 00010000 0001 01 7", nil),
    ("0000000000000000: 00000002 00000000 00010000 0001 01 7 ", nil),
    ("0000000000000000: 00000002 00000000 00010000 0001 01 99999999999 /run/a", nil),
    ("0000000000000000: 00000002 00000000 00010000 0001 01 0 /run/a", nil),
    ("Num       RefCount Protocol Flags    Type St Inode Path", nil),
    ("", nil), (" ", nil), ("0: 1 2 10000", nil),
  ])
  func aListenersLine(_ text: String, _ expected: String?) {
    #expect(path(text) == expected)
  }

  @Test(arguments: [
    ("/tmp/dotnet-diagnostic-7-12345-socket", true), ("/tmp/.java_pid7", true),
    ("/tmp/pymp-1a2b3c4d/listener-x1y2z3", true), (".java_pid1", true),
    ("/run/php/php8.2-fpm.sock", false), ("/tmp/listener-1", false), ("/tmp/pymp-1/other", false),
    ("/dotnet-diagnostic-1/app.sock", false), ("/", false), ("", false),
  ])
  func aRuntimesOwn(_ path: String, _ isRuntimes: Bool) {
    #expect(UnixSocketLine.isRuntimes(Array(path.utf8).span) == isRuntimes)
  }
}
