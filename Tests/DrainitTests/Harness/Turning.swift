import DrainCore
import DrainLinux

/// A bench with a loop of its own.
protocol Turning {
  /// Waits a moment, and takes what has come.
  func turn()
}

extension Turning {
  /// Runs until the condition holds; false where it does not within 20 s.
  @discardableResult func run(until condition: () -> Bool) -> Bool {
    let end = Clock.now() + .seconds(20)
    while !condition() {
      if Clock.now() > end { return false }
      turn()
    }
    return true
  }
}
