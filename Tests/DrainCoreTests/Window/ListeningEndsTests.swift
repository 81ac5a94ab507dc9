import Testing

@testable import DrainCore

@Suite struct ListeningEndsTests {
  private let any6 = IPAddress(bits: 0)
  private let any4 = IPAddress.v4(0)
  private let local4 = IPAddress.v4(0x7f00_0001)
  private let other4 = IPAddress.v4(0x7f00_0002)
  private let local6 = IPAddress(bits: 1)

  private func ends(_ address: IPAddress, isV6Only: Bool = false) -> ListeningEnds {
    var ends = ListeningEnds()
    ends.insert(address, port: 80, isV6Only: isV6Only)
    return ends
  }

  @Test func oneAddressIsThatOneAlone() {
    #expect(ends(local4).covers(local4, port: 80))
    #expect(!ends(local4).covers(other4, port: 80))
    #expect(!ends(local4).covers(local6, port: 80))
    #expect(!ends(local4).covers(local4, port: 81))
    #expect(!ends(local6).covers(local4, port: 80))
  }

  @Test func theWildcardOfIPv4TakesIPv4Alone() {
    #expect(ends(any4).covers(other4, port: 80))
    #expect(!ends(any4).covers(local6, port: 80))
    #expect(!ends(any4).covers(other4, port: 81))
  }

  @Test func theWildcardOfIPv6TakesBothUnlessItIsTold() {
    #expect(ends(any6).covers(other4, port: 80))
    #expect(ends(any6).covers(local6, port: 80))
    #expect(!ends(any6, isV6Only: true).covers(other4, port: 80))
    #expect(ends(any6, isV6Only: true).covers(local6, port: 80))
    var both = ends(any6, isV6Only: true)
    both.insert(any4, port: 80)
    #expect(both.covers(other4, port: 80))
  }

  @Test func whatHasLostItsAddressCounts() {
    #expect(ends(local4).covers(any4, port: 80))
    #expect(ends(local4).covers(any6, port: 80))
  }

  @Test func withoutAnyAndWithTooManyAllCounts() {
    var many = ListeningEnds()
    #expect(many.covers(local4, port: 80))
    #expect(many.contains(listener: local4, port: 80))
    for port in 1...64 { many.insert(local4, port: UInt16(port)) }
    many.insert(local4, port: 64)
    #expect(!many.covers(local4, port: 65))
    many.insert(local4, port: 65)
    #expect(many.covers(other4, port: 70))
    var others = ListeningEnds()
    others.insert(local4, port: 1)
    others.insert(many)
    #expect(others.covers(other4, port: 70))
  }

  @Test func aListenerIsNotItsNeighbour() {
    #expect(ends(local4).contains(listener: local4, port: 80))
    #expect(!ends(local4).contains(listener: other4, port: 80))
    #expect(!ends(any6).contains(listener: other4, port: 80))
  }
}
