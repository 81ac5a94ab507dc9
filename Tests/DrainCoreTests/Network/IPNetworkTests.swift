import Testing

@testable import DrainCore

@Suite struct IPNetworkTests {
  private func readNetwork(_ text: String) -> IPNetwork? {
    parsed(text) { bytes throws(ValueProblem) in try IPNetwork(parsing: bytes) }
  }

  private func readAddress(_ text: String) -> IPAddress? {
    let bytes = bytes(text)
    return IPAddress(parsing: bytes.span)
  }

  @Test(arguments: [
    "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "10/8", "fd00::/129",
    "fd00::/8/8", "10.0.0.0/8 ", "10.0.0.0/+8", "10.0.0.0/255.0.0.0", "[fd00::]/8", "localhost",
  ])
  func whatIsNoNetworkIsRefused(text: String) {
    #expect(readNetwork(text) == nil)
  }

  @Test(
    arguments: [
      ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false),
      ("::/0", "fd00::1", true), ("::/0", "10.0.0.1", false), ("::/64", "10.0.0.1", false),
      ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
      ("10.0.0.7/8", "10.1.2.3", true), ("10.0.0.7", "10.0.0.7", true),
      ("10.0.0.7", "10.0.0.6", false), ("10.0.0.7/32", "::ffff:10.0.0.7", true),
      ("10.0.0.6/31", "10.0.0.7", true), ("10.0.0.6/31", "10.0.0.8", false),
      ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("::ffff:10.0.0.0/104", "11.1.2.3", false),
      ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
      ("2001:db8::/127", "2001:db8::1", true), ("2001:db8::/127", "2001:db8::2", false),
      ("::1", "::1", true), ("::1", "::2", false), ("8000::/1", "ffff::", true),
      ("8000::/1", "7fff::", false),
    ] as [(String, String, Bool)])
  func anAddressIsInANetworkOrNot(range: String, peer: String, expected: Bool) throws {
    let network = try #require(readNetwork(range))
    let address = try #require(readAddress(peer))
    #expect(network.contains(address) == expected)
  }
}
