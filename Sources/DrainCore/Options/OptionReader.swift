extension Options {
  /// Reads the command line and the environment; of the two the command line wins.
  ///
  /// - Parameters:
  ///   - word: argv's word at an index, the program's own name at 0; nil past the end. It is asked for
  ///     the options and the command's name, not for the command's arguments.
  ///   - environment: the variables whose names begin with `DRAINIT_`, `TINI_` or `DUMB_INIT_`, as
  ///     `NAME=value`. Where a name is there twice the first counts, as for getenv(3).
  @inline(never) public static func read(
    arguments word: (Int) -> [UInt8]?, environment: [[UInt8]]
  ) throws(OptionError) -> Options {
    var reader = OptionReader()
    try reader.readArguments(word)
    if reader.isDone { return reader.options }
    for variable in environment { try reader.readVariable(variable) }
    for variable in environment { reader.readOtherInits(variable) }
    if !reader.hasVariable, let name = word(0), isOtherInit(name.span) {
      reader.options.isPlain = true
    }
    let hasCommand = word(reader.options.commandIndex) != nil
    switch reader.options.mode.needsCommand {
    case true? where !hasCommand: throw OptionError(name: [], .commandMissing)
    case false? where hasCommand:
      throw OptionError(name: [UInt8](reader.options.mode.option ?? ""), .commandUnwanted)
    case true?, false?, nil: return reader.options
    }
  }

  /// Whether one of the words, which could not be read, asks for something else than to run an app, be it
  /// misspelt: `--prob URL` is a probe's mistake.
  @inline(never) public static func askForMode(_ word: (Int) -> [UInt8]?) -> Bool {
    var index = 1
    while let text = word(index), !isEqual(text.span, "--") {
      index &+= 1
      guard text.count > 2, text[0] == UInt8(ascii: "-") else { continue }
      let name = text.span.from(text[1] == UInt8(ascii: "-") ? 2 : 1)
      var end = 0
      while end < name.count && name[end].isToken { end &+= 1 }
      let modes: Literal = "plan lint probe install hold version help"
      if let meant = OptionReader.near(name.before(end), isVariable: false),
        DrainCore.index(of: meant.span.from(2), in: modes) >= 0
      {
        return true
      }
    }
    return false
  }
}

/// Goes through the command line, then the variables, and sets what they say.
struct OptionReader {
  var options = Options()
  /// How often each row of the table has been given.
  private(set) var given = [UInt8](repeating: 0, count: OptionRow.all.count)

  /// Whether a variable of drainit's own is set.
  private(set) var hasVariable = false

  /// Whether what was asked for needs nothing more to be read.
  var isDone: Bool { options.mode.isText }

  /// Reads argv up to the first word that is not an option, or past `--`.
  mutating func readArguments(_ word: (Int) -> [UInt8]?) throws(OptionError) {
    var index = 1
    while let text = word(index), text.count > 1 {
      // Of two hyphens a text program makes a dash, U+2013 or U+2014.
      if text.count > 3, text[0] == 0xe2, text[1] == 0x80, text[2] == 0x93 || text[2] == 0x94 {
        throw noSuchOption(text, from: 3)
      }
      if text[0] != UInt8(ascii: "-") { break }
      index &+= 1
      if isEqual(text.span, "--") { break }
      let isLong = text[1] == UInt8(ascii: "-")
      let tookNext =
        isLong ? try readLong(text, next: word(index)) : try readLetters(text, next: word(index))
      if isDone { return }
      if tookNext { index &+= 1 }
    }
    options.commandIndex = index
  }

  /// Reads `--name`, `--name=value` or `--name value`; returns whether it took the next word.
  private mutating func readLong(_ text: [UInt8], next: [UInt8]?) throws(OptionError) -> Bool {
    let equals = text.span.index(of: UInt8(ascii: "="))
    let name = [UInt8](copying: text.span.before(equals ?? text.count))
    guard let index = OptionRow.index(name: name.span.from(2)) else {
      // What follows a blank is a value's, and may be secret.
      let word = [UInt8](copying: name.span.before(name.span.index(of: space) ?? name.count))
      if OptionRow.index(name: word.span.from(2)) == nil { throw noSuchOption(word, from: 2) }
      throw OptionError(name: word, .valueInOneWord)
    }
    let row = OptionRow.all[index]
    if let equals {
      let value = text.span.from(equals &+ 1)
      switch row.takes {
      case .nothing, .count: throw OptionError(name: name, .valueUnwanted)
      case .maybe(let word) where !isEqual(value, word):
        throw OptionError(name: name, .valueUnwanted)
      case .one, .several, .maybe: try set(index, value, named: name, "=")
      }
      return false
    }
    switch row.takes {
    case .nothing, .count:
      try set(index, Span<UInt8>(), named: name, " ")
    case .maybe(let word):
      guard let next, isEqual(next.span, word) else {
        try set(index, Span<UInt8>(), named: name, " ")
        return false
      }
      try set(index, next.span, named: name, " ")
      return true
    case .one(let valueName), .several(let valueName):
      guard let next, !isEqual(next.span, "--") else {
        throw OptionError(name: name, .valueMissing(valueName))
      }
      try set(index, next.span, named: name, " ")
      return true
    }
    return false
  }

  /// Reads `-v`, `-vvq` or `-xvalue`; returns whether it took the next word.
  private mutating func readLetters(_ text: [UInt8], next: [UInt8]?) throws(OptionError) -> Bool {
    // A long name after one hyphen is a slip, whatever its letters would mean.
    let word = text.span.before(text.span.index(of: UInt8(ascii: "=")) ?? text.count)
    if OptionRow.index(name: word.from(1)) != nil {
      throw noSuchOption([UInt8](copying: word), from: 1)
    }
    for place in 1..<text.count {
      guard let index = OptionRow.index(letter: text[place]) else {
        throw noSuchOption(text, from: 1)
      }
      let name = [UInt8(ascii: "-"), text[place]]
      guard let valueName = OptionRow.all[index].valueName else {
        try set(index, Span<UInt8>(), named: name, " ")
        continue
      }
      if place &+ 1 < text.count {
        if text[place &+ 1] == space { throw OptionError(name: name, .valueInOneWord) }
        try set(index, text.span.from(place &+ 1), named: name, "")
        return false
      }
      guard let next, !isEqual(next.span, "--") else {
        throw OptionError(name: name, .valueMissing(valueName))
      }
      try set(index, next.span, named: name, " ")
      return true
    }
    return false
  }

  /// Reads one `NAME=value` of the environment; what the command line gave is not looked at.
  mutating func readVariable(_ variable: [UInt8]) throws(OptionError) {
    let text = variable.span
    guard let equals = text.index(of: UInt8(ascii: "=")), hasPrefix(text, "DRAINIT_") else {
      return
    }
    let suffix = text.cut(8, equals)
    let value = text.from(equals &+ 1)
    // Dockerfiles set DRAINIT_VERSION to say which drainit they fetch.
    if isEqual(suffix, "VERSION") || isServiceLink(suffix, value: value) { return }
    let name = [UInt8](copying: text.before(equals))
    guard let index = OptionRow.index(variable: suffix) else {
      throw OptionError(
        name: name, .noSuchVariable(meant: OptionReader.near(suffix, isVariable: true)))
    }
    // Helm and Compose make one of a value that is not there.
    if value.isBlank { return }
    hasVariable = true
    if given[index] > 0 { return }
    switch OptionRow.all[index].takes {
    case .one:
      try set(index, value, named: name, "=")
    case .several:
      var start = 0
      while start < value.count {
        let end = value.index(of: 0x0a, from: start) ?? value.count
        let line = trimmed(value.cut(start, end))
        if !line.isEmpty { try set(index, line, named: name, "=") }
        start = end &+ 1
      }
    case .nothing, .count, .maybe:
      let times = try times(value, row: index, named: name)
      for _ in 0..<times { try set(index, Span<UInt8>(), named: name, "=") }
    }
    // One that says no, or nothing, was given too.
    given[index] = max(given[index], 1)
  }

  /// How often a variable's value says that an option without a value is given.
  private func times(
    _ value: Span<UInt8>, row: Int, named name: [UInt8]
  ) throws(OptionError) -> UInt64 {
    if value.isEmpty || isEqual(value, "0") || isEqualIgnoringCase(value, "false")
      || isEqualIgnoringCase(value, "no") || isEqualIgnoringCase(value, "off")
    {
      return 0
    }
    if isEqual(value, "1") || isEqualIgnoringCase(value, "true")
      || isEqualIgnoringCase(value, "yes")
      || isEqualIgnoringCase(value, "on")
    {
      return 1
    }
    var expected: StaticString = "yes or no (1, true, on; 0, false, off)"
    if case .count = OptionRow.all[row].takes {
      if let number = value.decimal(atMost: 9) { return number }
      expected = "a number of 0 to 9"
    }
    let shown = asShown(value, "=", OptionRow.all[row].secrecy)
    throw OptionError(name: name, value: shown, .value(.expected(expected)))
  }

  /// Sets what one row says, once more.
  private mutating func set(
    _ index: Int, _ value: Span<UInt8>, named name: [UInt8], _ separator: StaticString
  ) throws(OptionError) {
    let row = OptionRow.all[index]
    let counter = OptionRow.index(sameAs: index)
    if case .several = row.takes, let limit = row.limit, given[counter] >= limit {
      throw OptionError(name: name, .tooOften(limit))
    }
    given[counter] = given[counter] == .max ? .max : given[counter] &+ 1
    do {
      try row.set(&options, value)
    } catch {
      let shown = row.valueName == nil ? nil : asShown(value, separator, row.secrecy)
      if case .several = row.takes, case .open = row.secrecy,
        value.index(of: UInt8(ascii: ",")) != nil
      {
        throw OptionError(name: name, value: shown, .values(error))
      }
      throw OptionError(name: name, value: shown, .value(error))
    }
  }

  /// A value with the sign before it, as it may be shown; nil where nothing of it may.
  private func asShown(
    _ value: Span<UInt8>, _ separator: StaticString, _ secrecy: Secrecy
  ) -> [UInt8]? {
    if case .hidden = secrecy { return nil }
    var shown = ByteBuffer(capacity: 8 &* ByteLimits.quotedBytes &+ 32)
    shown.append(separator)
    shown.append(quoting: value, as: secrecy)
    return [UInt8](copying: shown.bytes)
  }

  private func noSuchOption(_ name: [UInt8], from start: Int) -> OptionError {
    OptionError(
      name: name,
      .noSuchOption(meant: OptionReader.near(name.span.from(start), isVariable: false)))
  }

  /// The option or the variable, whole, whose name is near.
  @inline(never) fileprivate static func near(_ text: Span<UInt8>, isVariable: Bool) -> [UInt8]? {
    var near = NearMiss(text)
    for row in OptionRow.all where row.hasVariable || !isVariable { near.consider(row.name) }
    guard let word = near.word else { return nil }
    var meant = [UInt8](isVariable ? "DRAINIT_" : "--")
    for index in 0..<word.utf8CodeUnitCount {
      let byte = word.utf8Start[index]
      meant.append(isVariable ? byte.inVariable : byte)
    }
    return meant
  }
}

extension Span where Element == UInt8 {
  /// Whether there is nothing in it but blanks and line ends.
  fileprivate var isBlank: Bool {
    for index in 0..<count where self[index] != space && self[index] != tab {
      if self[index] != lineFeed && self[index] != UInt8(ascii: "\r") { return false }
    }
    return true
  }
}
