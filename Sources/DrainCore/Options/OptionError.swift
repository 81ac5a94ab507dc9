/// Why the command line or a variable cannot be used; `ByteBuffer.append(_:)` words it.
///
/// Nothing in it is secret: a value is already as it may be shown.
public struct OptionError: Error {
  /// The option or variable as typed, without its value; empty where the command is missing.
  let name: [UInt8]
  /// The value as it may be shown, with the sign before it; nil where it is not part of the matter.
  let value: [UInt8]?
  let problem: Problem

  enum Problem {
    case noSuchOption(meant: [UInt8]?)
    case noSuchVariable(meant: [UInt8]?)
    /// Nothing came after an option that takes a value.
    case valueMissing(StaticString)
    /// A value came with an option that takes none.
    case valueUnwanted
    /// A blank stands between the two, which somebody has quoted as one word.
    case valueInOneWord
    /// More often than so.
    case tooOften(Int)
    case value(ValueProblem)
    /// The value looks like several of an option that takes one each time.
    case values(ValueProblem)
    /// No word is left to run.
    case commandMissing
    /// A word is left, and what drainit is asked to be runs nothing.
    case commandUnwanted
    /// The value names a variable, `${NAME}`, that is not set.
    case notSet([UInt8])
  }

  init(name: [UInt8], value: [UInt8]? = nil, _ problem: Problem) {
    self.name = name
    self.value = value
    self.problem = problem
  }
}

extension ByteBuffer {
  /// Appends an error as one printable line of at most `OptionLimits.errorBytes`, without a line end.
  public mutating func append(_ error: borrowing OptionError) {
    if case .commandMissing = error.problem {
      return append("no program to run was given: drainit [OPTIONS] [--] PROGRAM [ARGUMENTS]")
    }
    append(escaping: error.name.span)
    if let value = error.value { append(value) }
    append(": ")
    switch error.problem {
    case .noSuchOption(let meant):
      append("no such option")
      if meant == nil { append(" (--help all names them)") }
      append(meant: meant)
    case .noSuchVariable(let meant):
      append("no option has this variable")
      append(meant: meant)
    case .valueMissing(let valueName):
      append("a value is missing: ")
      append(valueName)
    case .valueUnwanted:
      append("this option takes no value")
    case .valueInOneWord:
      append("an option and its value are two words")
      if hasPrefix(error.name.span, "--") { append(", or joined by '='") }
    case .tooOften(let limit):
      append("given more than ")
      append(decimal: Int64(limit))
      append(" times: join some in one, as a script")
    case .value(let problem):
      append(problem)
    case .values(let problem):
      append(problem)
      append(
        hasPrefix(error.name.span, "-") ? "; give it again for each" : "; one a line")
    case .commandUnwanted:
      append("runs no program, but one was given")
    case .notSet(let name):
      append("${")
      append(escaping: name.span)
      append("} is not set")
    case .commandMissing:
      break
    }
  }

  @inline(never) private mutating func append(_ problem: ValueProblem) {
    switch problem {
    case .expected(let what, let meant):
      append("expected ")
      append(what)
      append(meant: meant)
    case .refused(let why):
      append(why)
    case .windowReversed(let start, let end):
      append("the window's end (")
      append(end)
      append(") is before its start (")
      append(start)
      append(")")
    }
  }

  private mutating func append(meant: [UInt8]?) {
    guard let meant else { return }
    append(" (did you mean ")
    append(escaping: meant.span)
    append("?)")
  }
}
