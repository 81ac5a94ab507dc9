import CLinux
import DrainCore

/// What the process does by itself on signals, where drainit had to change it, as it was before.
///
/// A program that was started with a signal ignored (nohup(1)) expects its own children to be so,
/// too: what drainit changes is put back in a child before the child's signal mask.
public struct Dispositions: Equatable, BitwiseCopyable, Sendable {
  /// Those that drainit has changed.
  public private(set) var changed = SignalSet()
  /// Of those, the ones that were ignored when drainit was started.
  public private(set) var ignored = SignalSet()

  public init() {}

  /// Gives a signal its default disposition. SIGCHLD needs it: where it is ignored, children leave
  /// no status behind (waitpid(2), notes).
  public mutating func makeDefault(_ signal: Signal) throws(Errno) {
    try change(signal, to: linux_action_default())
  }

  /// Sets a signal's disposition and remembers what it was at first.
  ///
  /// The corresponding C function is `sigaction`.
  mutating func change(_ signal: Signal, to action: sigaction) throws(Errno) {
    var action = action
    var before = sigaction()
    if sigaction(signal.number, &action, &before) == -1 { throw Errno.last }
    if changed.contains(signal) { return }
    changed.insert(signal)
    // A handler cannot have been inherited through exec: the rest is the default.
    if linux_is_ignored(&before) != 0 { ignored.insert(signal) }
  }

  /// Puts back what drainit was started with; for a child, between fork and exec.
  func restore() {
    var byDefault = linux_action_default()
    var ignoring = linux_action_ignore()
    var rest = changed.bits
    while rest != 0 {
      let signal = Signal(Int32(truncatingIfNeeded: rest.trailingZeroBitCount) &+ 1)
      rest &= rest &- 1
      if ignored.contains(signal) {
        _ = sigaction(signal.number, &ignoring, nil)
      } else {
        _ = sigaction(signal.number, &byDefault, nil)
      }
    }
  }
}
