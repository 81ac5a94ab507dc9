import Testing

@testable import DrainCore

@Suite struct EventQueueTests {
  @Test func theOldestComesFirstHoweverOftenItGoesRound() {
    var queue = EventQueue()
    var next: Int32 = 0
    for pid in Int32(0)..<200 {
      queue.append(.appStarted(pid: pid))
      if pid % 3 == 0 { continue }
      for _ in 0..<2 {
        guard let event = queue.popFirst() else { continue }
        guard case .appStarted(next) = event else {
          Issue.record("\(event) came before \(next)")
          return
        }
        next += 1
      }
    }
    #expect(next == 200 && queue.lost == 0)
  }

  @Test func whatDoesNotFitIsCounted() {
    var queue = EventQueue()
    for _ in 0..<(EventQueue.capacity + 3) { queue.append(.nobodyLeft) }
    #expect(queue.count == EventQueue.capacity && queue.lost == 3)
  }
}
