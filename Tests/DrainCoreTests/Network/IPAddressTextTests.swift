import Testing

@testable import DrainCore

@Suite struct IPAddressTextTests {
  @Test(arguments: [
    "0.0.0.0", "10.1.2.3", "255.255.255.255", "::", "::1", "1::", "fd00::1:0:0:5", "2001:db8::1",
    "1:2:3:4:5:6:7:8", "1:0:2:0:3:0:4:0", "fe80::a:b", "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0",
  ])
  func anAddressIsWrittenAsItIsRead(literal: String) throws {
    let bytes = Array(literal.utf8)
    let parsed = IPAddress(parsing: bytes.span)
    let address = try #require(parsed)
    var buffer = ByteBuffer(capacity: 64)
    buffer.append(address)
    #expect(text(buffer) == literal)
  }
}
