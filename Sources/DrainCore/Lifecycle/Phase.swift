/// Where drainit is in its life; it only ever moves forward.
public enum Phase: UInt8, BitwiseCopyable, Comparable, Sendable {
  /// `--start-after` does not hold yet: there is no app.
  case waiting
  /// The app is being started or runs, and its gate has not opened.
  case starting
  /// The gate has opened.
  case serving
  /// The drain signal has come; the app does not know yet.
  case draining
  /// The app has been sent its stop signal.
  case stopping
  /// The stop timeout is over: the app has been sent SIGKILL.
  case killing
  /// The app has ended; the exit hook and left-over processes remain.
  case leaving
  /// Nothing is left to do.
  case exited

  /// Whether the one comes before the other in a life.
  @inline(__always) public static func < (left: Phase, right: Phase) -> Bool {
    left.rawValue < right.rawValue
  }
}
