/// Which of the app's processes a signal goes to.
public enum SignalTarget: UInt8, BitwiseCopyable, Sendable {
  /// The direct child alone.
  case app
  /// Its process group.
  case group
  /// Every process but drainit.
  case all
}
