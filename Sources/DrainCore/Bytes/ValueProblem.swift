/// What is wrong with a value, whichever option it was given to.
public enum ValueProblem: Error {
  /// It is not what the option takes; `meant` is what is near.
  case expected(StaticString, meant: [UInt8]?)
  /// It is understood, and cannot be had: the sentence says why.
  case refused(StaticString)
  /// A window that ends before it starts.
  case windowReversed(start: Interval, end: Interval)

  /// It is not what the option takes, and nothing is near.
  static func expected(_ what: StaticString) -> ValueProblem { .expected(what, meant: nil) }

  /// It is not what the option takes; `word`, written after `prefix`, is what is near, if any is.
  static func expected(
    _ what: StaticString, _ word: StaticString?, after prefix: StaticString = ""
  ) -> ValueProblem {
    guard let word else { return .expected(what, meant: nil) }
    var meant = [UInt8](prefix)
    meant.append(word)
    return .expected(what, meant: meant)
  }
}
