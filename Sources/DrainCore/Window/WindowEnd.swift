/// What ended a drain window.
public enum WindowEnd: UInt8, BitwiseCopyable, Sendable {
  /// The window is open, or there was none.
  case none
  /// The traffic was silent for long enough.
  case quiet
  /// No connection was open any more.
  case closed
  /// Somebody has seen `/readyz` fail often enough.
  case probed
  /// A check of the user's own holds.
  case check
  /// The window's end was reached.
  case maximum
  /// There was nobody to protect: the gate never opened, or the app was not alive.
  case minimum
  /// The app ended by itself.
  case appExit
  /// The app listens on nothing.
  case noListener
  /// A person pressed Ctrl-C twice.
  case secondInterrupt
}
