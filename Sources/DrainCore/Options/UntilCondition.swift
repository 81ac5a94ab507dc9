/// What must hold for the drain window to end before its maximum (`--until`).
public enum UntilCondition: Equatable, Sendable {
  /// No arrival for so long; nil where the evidence says how long.
  case quiet(for: Interval?)
  /// Quiet, and no connection to the app's ports is open.
  case closed
  /// Quiet, and `/readyz` was answered 503 so often to each address that asked before the signal, but
  /// for the kubelet.
  case probed(times: UInt32)
  /// Quiet, and the check holds.
  case check(Check)

  /// Reads `quiet`, `quiet:DUR`, `closed`, `probed:N` or a CHECK.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    if isEqual(text, "quiet") {
      self = .quiet(for: nil)
    } else if hasPrefix(text, "quiet:") {
      self = .quiet(for: try .notTiny(text.from(6)))
    } else if isEqual(text, "closed") {
      self = .closed
    } else if hasPrefix(text, "probed:") {
      self = .probed(times: try successes(text.from(7)))
    } else {
      self = .check(try UntilCondition.check(text))
    }
  }

  private static func check(_ text: Span<UInt8>) throws(ValueProblem) -> Check {
    do {
      return try Check(parsing: text)
    } catch {
      guard case .expected(_, let meant) = error else { throw error }
      var near = NearMiss(text.before((text.index(of: UInt8(ascii: ":")) ?? text.count) &+ 1))
      near.consider("quiet")
      near.consider("quiet:")
      near.consider("closed")
      near.consider("probed:")
      let expected: StaticString = "quiet[:DUR], closed, probed:N or a CHECK"
      if let word = near.word { throw .expected(expected, word) }
      throw .expected(expected, meant: meant)
    }
  }
}
