/// One option: its row says how it is written on the command line, in the environment and in help,
/// and what it sets.
struct OptionRow: Sendable {
  /// What comes with the name.
  enum Takes: Sendable {
    /// Nothing; the variable is a yes or no.
    case nothing
    /// Nothing, and each time counts; the variable is a number, or a yes or no.
    case count
    /// One value; the last one given holds. The text names it in help.
    case one(StaticString)
    /// One value each time it is given; the variable's are separated by newlines.
    case several(StaticString)
    /// Nothing, or one certain word after it.
    case maybe(StaticString)
  }

  /// Where help lists it; from `mode` on nothing configures.
  enum Section: UInt8, Sendable {
    case window, process, readiness, hooks, log, mode, others
  }

  typealias Setter = @Sendable (inout Options, Span<UInt8>) throws(ValueProblem) -> Void

  /// The long name without hyphens, empty where it has a letter alone; the variable is `DRAINIT_` and
  /// the name in capitals.
  let name: StaticString
  /// The letter of its short form, 0 where it has none.
  let letter: UInt8
  let takes: Takes
  let secrecy: Secrecy
  let section: Section
  /// Whether `--help` lists it, and not only `--help all`.
  let isCommon: Bool
  let help: StaticString
  let set: Setter

  // Inlined, so that the compiler lays the table out in the executable instead of building it.
  @inline(__always) init(
    _ section: Section, _ name: StaticString, letter: UInt8 = 0, _ takes: Takes,
    secrecy: Secrecy = .open, isCommon: Bool = false, _ help: StaticString, set: @escaping Setter
  ) {
    self.name = name
    self.letter = letter
    self.takes = takes
    self.secrecy = secrecy
    self.section = section
    self.isCommon = isCommon
    self.help = help
    self.set = set
  }

  /// What its value is called in help, nil where it takes none.
  var valueName: StaticString? {
    switch takes {
    case .one(let text), .several(let text): text
    case .nothing, .count, .maybe: nil
    }
  }

  /// How often it may be given; nil for as often as wanted. Maps and sets of numbers hold every one that there
  /// is (tini takes its `-e` 255 times), lists as many as are searched or sent, and of checks a set.
  var limit: Int? {
    switch letter {
    case UInt8(ascii: "e"), UInt8(ascii: "r"): return nil
    default: break
    }
    let name = [UInt8](name)
    for free: StaticString in ["exit-map", "drain-signal", "port"]
    where isEqual(name.span, free) { return nil }
    for list: StaticString in ["ignore", "check-header", "hook-header"]
    where isEqual(name.span, list) { return OptionLimits.entries }
    return OptionLimits.repeats
  }

  /// Whether it has a variable: what configures has one, what drainit is asked to be has none, nor
  /// has another init's spelling.
  var hasVariable: Bool {
    section.rawValue < Section.mode.rawValue
  }

  /// The place in the table of the option with that long name.
  static func index(name: Span<UInt8>) -> Int? {
    if name.isEmpty { return nil }
    for index in 0..<all.count where isEqual(name, all[index].name) { return index }
    return nil
  }

  /// The place in the table of the option with that letter.
  static func index(letter: UInt8) -> Int? {
    for index in 0..<all.count where letter != 0 && all[index].letter == letter { return index }
    return nil
  }

  /// The place in the table of the option whose variable is `DRAINIT_` and this.
  static func index(variable: Span<UInt8>) -> Int? {
    for index in 0..<all.count where all[index].hasVariable {
      if all[index].isVariable(variable) { return index }
    }
    return nil
  }

  private func isVariable(_ variable: Span<UInt8>) -> Bool {
    if variable.count != name.utf8CodeUnitCount { return false }
    for index in 0..<variable.count {
      if variable[index] != name.utf8Start[index].inVariable { return false }
    }
    return true
  }
}

extension UInt8 {
  /// What a byte of an option's long name is in its variable.
  var inVariable: UInt8 { self == UInt8(ascii: "-") ? UInt8(ascii: "_") : uppercased }
}
