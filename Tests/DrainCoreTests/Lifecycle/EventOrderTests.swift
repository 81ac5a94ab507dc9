import Testing

@testable import DrainCore

@Suite struct EventOrderTests {
  private func next(_ order: inout EventOrder) -> String {
    switch order.next() {
    case .gateOpened: "gateOpened"
    case .nobodyLeft: "nobodyLeft"
    case .leftoversFound: "leftoversFound"
    case nil: "none"
    default: "another"
    }
  }

  @Test func whatIsRaisedMeanwhileWaitsInItsOrder() {
    var order = EventOrder()
    #expect(order.begins(with: .deadline) == true)
    #expect(order.begins(with: .gateOpened) == false)
    #expect(order.begins(with: .nobodyLeft) == false)
    #expect(next(&order) == "gateOpened")
    #expect(order.begins(with: .leftoversFound) == false)
    #expect(next(&order) == "nobodyLeft")
    #expect(next(&order) == "leftoversFound")
    #expect(next(&order) == "none")
    #expect(order.begins(with: .deadline) == true)
  }

  @Test func whatABeginningRaisesWaitsToo() {
    var order = EventOrder()
    order.begin()
    #expect(order.begins(with: .gateOpened) == false)
    #expect(next(&order) == "gateOpened")
    #expect(next(&order) == "none")
    #expect(order.begins(with: .deadline) == true)
  }

  @Test func whatFindsNoRoomIsToldOnce() {
    var order = EventOrder()
    order.begin()
    for _ in 0..<(EventQueue.capacity + 2) { _ = order.begins(with: .nobodyLeft) }
    #expect(order.takeLost() == 2 && order.takeLost() == 0)
  }

  @Test func whereNothingIsRaisedTheNextEventIsHandledAtOnce() {
    var order = EventOrder()
    #expect(order.begins(with: .deadline) == true)
    #expect(next(&order) == "none")
    #expect(order.begins(with: .deadline) == true)
  }
}
