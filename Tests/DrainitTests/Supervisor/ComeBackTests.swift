import CLinux
import Testing

@testable import DrainCore
@testable import DrainLinux
@testable import drainit

/// What lies ready for a fault, and when.
@Suite(.serialized) struct ComeBackTests {
  private func state(_ phase: Phase, app: Int32 = 0) -> LifecycleState {
    var state = LifecycleState()
    state.phase = phase
    state.appPID = app
    return state
  }

  /// It cannot be copied, and what is expected of it is asked of a copy.
  private final class Kept {
    private var comeBack = ComeBack(nil)

    init(isReady: Bool = true) {
      if isReady { comeBack.layReady(command(["drainit", "app"], ["A=1"])) }
    }

    func isOwed(_ state: LifecycleState, holds: Bool = false) -> Bool {
      comeBack.isOwed(state, holds: holds)
    }
  }

  @Test func nothingIsOwedBeforeItLiesReady() {
    let comeBack = Kept(isReady: false)
    #expect(!comeBack.isOwed(state(.serving, app: 7)))
  }

  @Test func whileSomebodyIsThereItIsOwed() {
    let comeBack = Kept()
    for phase in [Phase.starting, .serving, .draining, .stopping, .killing, .leaving] {
      #expect(comeBack.isOwed(state(phase, app: 7)))
    }
    // A gate that is waited at goes on; the app that is being started must not be started twice.
    #expect(comeBack.isOwed(state(.waiting)))
    #expect(!comeBack.isOwed(state(.starting)))
    #expect(!comeBack.isOwed(state(.exited, app: 7)))
  }

  @Test func aWindowThatIsHeldHasNoApp() {
    let comeBack = Kept()
    #expect(comeBack.isOwed(state(.draining), holds: true))
    #expect(!comeBack.isOwed(state(.waiting), holds: true))
    #expect(!comeBack.isOwed(state(.exited), holds: true))
  }

  @Test func itGoesOnCounting() {
    let first = ComeBack(nil).lives
    #expect(first.count == 0)
    var handOver = HandOver(pid: 7)
    handOver.lives.comeBack(now: Clock.now())
    let second = ComeBack(handOver).lives
    #expect(second == handOver.lives)
  }
}
