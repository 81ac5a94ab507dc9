import DrainCore

/// When what is not needed while nothing happens is given back: not at every turn, but soon after the last.
struct Rest {
  /// Whether it was, and nothing has happened since.
  private(set) var isDone = false
  private var due: Instant

  /// First the app: it is about to begin.
  init(now: Instant) { due = now + .milliseconds(10) }

  /// Something has happened.
  mutating func disturb() { isDone = false }

  /// Asked before a wait without an end: when to come back for it, or nil once `release` was called.
  mutating func deadline(_ now: Instant, release: () -> Void) -> Instant? {
    if isDone { return nil }
    if now < due { return due }
    isDone = true
    due = now + .milliseconds(200)
    release()
    return nil
  }
}
