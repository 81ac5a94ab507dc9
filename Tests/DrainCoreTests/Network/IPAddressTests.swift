import Testing

@testable import DrainCore

@Suite struct IPAddressTests {
  @Test(arguments: [
    "", ".", ":", ":::", "::1::", "1::2::3", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8", "12345::", "g::",
    "::g", "::1%eth0", "[::1]", " ::1", "::1 ", "::1.2.3", "::1.2.3.4.5", "::256.1.1.1",
    "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "1.2.3", "1.2.3.4.5", "1.2.3.256",
    "1.2.3.",
    ".1.2.3", "1..2.3", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", "+1.2.3.4", "-1.2.3.4", "0x1.2.3.4",
    "1.2.3.4/8", "16909060", "localhost", "1.2.3.99999999999999999999",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    let bytes = bytes(text)
    #expect(IPAddress(parsing: bytes.span) == nil)
  }

  @Test(
    arguments: [
      ("::", 0), ("::1", 1), ("1::", 1 << 112), ("0:0:0:0:0:0:0:0", 0),
      ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008),
      ("1::8", 0x0001_0000_0000_0000_0000_0000_0000_0008),
      ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
      ("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004_0005_0006_0007_0008),
      ("fe80::ABCD", 0xfe80_0000_0000_0000_0000_0000_0000_abcd),
      ("2001:db8::1:0:0:1", 0x2001_0db8_0000_0000_0001_0000_0000_0001),
      ("::ffff:1.2.3.4", 0xffff_0102_0304), ("::1.2.3.4", 0x0102_0304),
      ("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004_0005_0006_0102_0304),
      ("64:ff9b::1.2.3.4", 0x0064_ff9b_0000_0000_0000_0000_0102_0304),
      ("1.2.3.4", 0xffff_0102_0304), ("0.0.0.0", 0xffff_0000_0000),
      ("255.255.255.255", 0xffff_ffff_ffff),
    ] as [(String, UInt128)])
  func literals(text: String, bits: UInt128) {
    let bytes = bytes(text)
    #expect(IPAddress(parsing: bytes.span) == IPAddress(bits: bits))
  }

  @Test(
    arguments: [
      ("", nil), (":", nil), ("off ", nil), ("Off", nil), ("0", nil), ("65536", nil), (":0", nil),
      ("1.2.3.4", nil), ("1.2.3:80", nil), ("1.2.3.4:", nil), ("localhost:80", nil),
      ("::1:80", nil),
      ("[::1]", nil), ("[::1]80", nil), ("[::1:80", nil), ("[1.2.3.4]:80", nil), ("[]:80", nil),
      ("[::1%lo]:80", nil), ("::", nil), ("off", .off), ("80", .on(address: nil, port: 80)),
      (":80", .on(address: nil, port: 80)),
      ("[::]:80", .on(address: IPAddress(bits: 0), port: 80)),
      ("[::1]:80", .on(address: IPAddress(bits: 1), port: 80)),
      ("10.0.0.1:65535", .on(address: .v4(0x0a00_0001), port: 65535)),
    ] as [(String, ListenAddress?)])
  func listenAddresses(text: String, expected: ListenAddress?) {
    let address = parsed(text) { bytes throws(ValueProblem) in try ListenAddress(parsing: bytes) }
    #expect(address == expected)
  }
}
