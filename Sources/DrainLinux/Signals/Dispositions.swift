import CLinux
import DrainCore

/// What the process does by itself on signals, where drainit had to change it, as it was before.
///
/// A program that was started with a signal ignored (nohup(1)) expects its own children to be so,
/// too: what drainit changes is put back in a child, as its signal mask is.
public struct Dispositions: Equatable, BitwiseCopyable, Sendable {
  /// Those that drainit has changed.
  public private(set) var changed = SignalSet()
  /// Of those, the ones that were ignored when drainit was started.
  public private(set) var ignored = SignalSet()

  /// Nothing was changed, or what an earlier drainit in this process has changed.
  public init(changed: SignalSet = SignalSet(), ignored: SignalSet = SignalSet()) {
    self.changed = changed
    self.ignored = ignored
  }

  /// Gives a signal its default disposition. SIGCHLD needs it: where it is ignored, children leave
  /// no status behind (waitpid(2), notes).
  public mutating func makeDefault(_ signal: Signal) throws(Errno) {
    try change(signal, to: KernelAction())
  }

  /// Sets a signal's disposition and remembers what it was at first.
  mutating func change(_ signal: Signal, to action: KernelAction) throws(Errno) {
    let before = try action.install(for: signal)
    if changed.contains(signal) { return }
    changed.insert(signal)
    // A handler cannot have been inherited through exec: the rest is the default.
    if before.isIgnoring { ignored.insert(signal) }
  }

  /// Puts back what drainit was started with; for a child, between fork and exec.
  func restore() {
    var rest = changed.bits
    while rest != 0 {
      let signal = Signal(Int32(truncatingIfNeeded: rest.trailingZeroBitCount) &+ 1)
      rest &= rest &- 1
      let action = ignored.contains(signal) ? KernelAction.ignoring : KernelAction()
      _ = try? action.install(for: signal)
    }
  }
}

/// A disposition as the kernel itself takes it (rt_sigaction(2)), the same on amd64 and arm64.
///
/// Not through the C library: with the first handler that it installs, musl unblocks signals 33 and
/// 34, its own as it sees it, and 34 is the first real-time signal as everybody else sees it.
struct KernelAction: BitwiseCopyable {
  // SIG_DFL is 0, SIG_IGN is 1, anything else is a function.
  private var function: UInt = 0
  private var flags: UInt = 0
  private var restorer: UInt = 0
  private var mask: UInt64 = 0

  /// The default disposition.
  init() {}

  /// A handler that gets the signal's facts, on the alternate stack.
  ///
  /// How a handler returns is the C library's to know: it is read back from an action of its own,
  /// the default one of `signal`, which unblocks nothing.
  init(handler: linux_signal_function, for signal: Signal) throws(Errno) {
    var byDefault = linux_action_default()
    if sigaction(signal.number, &byDefault, nil) == -1 { throw Errno.last }
    try self.init(installedFor: signal)
    function = unsafeBitCast(handler, to: UInt.self)
    flags |= UInt(linux_SA_SIGINFO | linux_SA_ONSTACK | linux_SA_RESTART)
  }

  /// The disposition that a signal has now.
  init(installedFor signal: Signal) throws(Errno) {
    let result = withUnsafeMutablePointer(to: &self) {
      KernelAction.call(signal, 0, Int(bitPattern: $0))
    }
    if result == -1 { throw Errno.last }
  }

  static var ignoring: KernelAction {
    var action = KernelAction()
    action.function = 1
    return action
  }

  var isIgnoring: Bool { function == 1 }

  /// Makes it the signal's disposition and returns the one before.
  @discardableResult func install(for signal: Signal) throws(Errno) -> KernelAction {
    var before = KernelAction()
    let result = withUnsafePointer(to: self) { new in
      withUnsafeMutablePointer(to: &before) {
        KernelAction.call(signal, Int(bitPattern: new), Int(bitPattern: $0))
      }
    }
    if result == -1 { throw Errno.last }
    return before
  }

  private static func call(_ signal: Signal, _ new: Int, _ old: Int) -> Int {
    linux_syscall(
      Int(SYS_rt_sigaction), Int(signal.number), new, old, MemoryLayout<UInt64>.size, 0, 0)
  }
}
