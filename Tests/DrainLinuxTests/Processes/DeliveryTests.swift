import CLinux
import Testing

@testable import DrainLinux

@Suite struct DeliveryTests {
  @Test func ofSeveralItIsKnownWhetherSomeRefused() {
    let no = Delivery.refused(Errno(EPERM))
    let some = Delivery.refusedInPart(Errno(EPERM))
    let table: [([Delivery], Delivery)] = [
      ([], .nobody), ([.nobody], .nobody), ([.nobody, .sent, .nobody], .sent),
      ([.sent, .sent], .sent), ([no, .nobody, no], no), ([.sent, no], some), ([no, .sent], some),
      ([no, .sent, no, .sent], some), ([.sent, .nobody, no, .nobody], some),
    ]
    for (parts, whole) in table {
      var delivery = Delivery.nobody
      for part in parts { delivery.add(part) }
      #expect(delivery == whole, "\(parts)")
      #expect((delivery.refusal != nil) == parts.contains(no))
    }
  }
}
