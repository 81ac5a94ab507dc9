import DrainCore
import DrainLinux

/// What a fault of drainit's own is met with: the next life, which lies ready, and how many there were.
struct ComeBack: ~Copyable {
  let lives: Lives
  /// Nil before the app runs, or where it cannot be had.
  private var next: SecondLife?

  init(_ earlier: HandOver?) { lives = earlier?.lives ?? Lives() }

  /// Lays the next life ready; from the first `keep` on a fault is not the container's end.
  mutating func layReady(_ command: Command) {
    next = SecondLife(
      arguments: command.argumentPointers, environment: command.environmentPointers)
  }

  /// Whether a fault now is met with another life, which then has to know everything: while somebody is there
  /// to go on for. Before the app is started a fault ends drainit, as it would end any program; a gate that
  /// is waited at, and a window that is held without an app, go on.
  func isOwed(_ state: LifecycleState, holds: Bool) -> Bool {
    if next == nil || state.phase == .exited { return false }
    return state.appPID > 0 || (state.phase == .waiting) != holds
  }

  /// Replaces what the next life is told.
  mutating func keep(_ handOver: HandOver) { next?.store(handOver) }

  /// Tells where the children of the next life shall begin.
  func keep(directory name: UnsafePointer<CChar>?) { next?.store(directory: name) }
}
