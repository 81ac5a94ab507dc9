import DrainCore
import DrainLinux
import Testing

@testable import drainit

@Suite struct EventSourceTests {
  private let all: [EventSource] =
    [.signals, .faults, .start, .endpoint, .traffic, .notify, .notice]
    + (0..<CheckRole.count).compactMap { CheckRole(rawValue: $0).map { .checks($0) } }

  @Test func everyTokenLeadsBackToItsSource() {
    #expect(all.count == 7 + Int(CheckRole.count))
    for source in all {
      // Which of the part's descriptors it is, is the part's own matter.
      for token in [EventToken(source), EventToken(kind: source.kind, slot: 9, generation: 3)] {
        #expect(EventSource(token).map { "\($0)" } == "\(source)")
      }
    }
    #expect(Set(all.map { $0.kind }).count == all.count)
  }

  @Test func allOthersAreNobodys() {
    let known = Set(all.map { $0.kind })
    for kind in UInt8.min...UInt8.max where !known.contains(kind) {
      let source = EventSource(EventToken(kind: kind))
      if case .some = source { Issue.record("\(kind) is somebody's") }
    }
  }
}
