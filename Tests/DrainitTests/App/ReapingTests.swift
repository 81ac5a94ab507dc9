import DrainCore
import Testing

@testable import DrainLinux
@testable import drainit

@Suite struct ReapingTests {
  private let child = Reaper.Outcome.change(ChildChange(pid: 7, kind: .exited(0)))

  @Test func nothingIsLookedForWhereNothingIsOwed() {
    var reaping = Reaping()
    #expect(reaping.nextDeadline == .never)
    reaping.begin(spent: .zero)
    #expect(reaping.next { child } == nil)
  }

  @Test func aBatchIsBoundedAndGoesOnAtOnce() {
    var reaping = Reaping()
    reaping.owe()
    reaping.begin(spent: .zero)
    var count = 0
    while reaping.next({ child }) != nil { count += 1 }
    #expect(count == Reaper.childrenATurn)
    reaping.end(spent: .zero, at: Instant(nanoseconds: 5))
    #expect(reaping.isOwed)
    #expect(reaping.nextDeadline == Instant(nanoseconds: 0))
  }

  @Test func whoLivesOnOwesNothing() {
    var reaping = Reaping()
    reaping.owe()
    reaping.begin(spent: .zero)
    #expect(reaping.next { .nothingNow } == nil)
    #expect(!reaping.isOwed)
    #expect(reaping.nextDeadline == .never)
  }

  @Test func thatNobodyIsLeftIsTold() {
    var reaping = Reaping()
    reaping.owe()
    reaping.begin(spent: .zero)
    #expect(reaping.next { .noChildren } == .noChildren)
    #expect(reaping.next { .noChildren } == nil)
  }

  @Test func longLooksTakeAFifthOfTheTime() {
    var reaping = Reaping()
    reaping.owe()
    reaping.begin(spent: .milliseconds(100))
    #expect(reaping.next { child } != nil)
    let now = Instant(nanoseconds: 1_000_000_000)
    reaping.end(spent: .milliseconds(101), at: now)
    #expect(reaping.nextDeadline == now + .milliseconds(4))
    // What has ended meanwhile is owed as it was.
    reaping.owe()
    #expect(reaping.nextDeadline == now + .milliseconds(4))
  }
}
