// How the simple values of options are written.

extension Interval {
  static var syntax: StaticString { "a duration such as 500ms, 15s, 2m, 1h30m, or seconds" }

  /// Reads `500ms`, `1.5s`, `2m`, `1h30m`, or a bare number of seconds; up to six decimal places.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    var total: Int64 = 0
    var smallest = Int64.max
    var start = 0
    repeat {
      var end = start
      while end < text.count && (text[end].isDigit || text[end] == UInt8(ascii: ".")) {
        end &+= 1
      }
      let number = text.cut(start, end)
      start = end
      while end < text.count && text[end].isLetter { end &+= 1 }
      guard let unit = Interval.unit(text.cut(start, end), isAlone: smallest == Int64.max),
        unit < smallest
      else { throw .expected(Interval.syntax) }
      let part = try Interval.nanoseconds(number, unit: unit)
      let (sum, isTooMuch) = total.addingReportingOverflow(part)
      if isTooMuch || sum > Interval.longest.nanoseconds { throw Interval.tooLong }
      total = sum
      smallest = unit
      start = end
    } while start < text.count
    self.init(nanoseconds: total)
  }

  private static var tooLong: ValueProblem { .refused("longer than 146 years") }

  /// A unit in nanoseconds; none at all is seconds, where the number stands alone.
  private static func unit(_ name: Span<UInt8>, isAlone: Bool) -> Int64? {
    if isEqual(name, "ms") { return 1_000_000 }
    if isEqual(name, "s") || (name.isEmpty && isAlone) { return 1_000_000_000 }
    if isEqual(name, "m") { return 60_000_000_000 }
    if isEqual(name, "h") { return 3_600_000_000_000 }
    return nil
  }

  private static func nanoseconds(
    _ number: Span<UInt8>, unit: Int64
  ) throws(ValueProblem) -> Int64 {
    let point = number.index(of: UInt8(ascii: "."))
    let whole = number.before(point ?? number.count)
    var fraction: Int64 = 0
    if let point {
      let places = number.from(point &+ 1)
      guard let typed = places.decimal(atMost: 999_999), places.count <= 6 else {
        throw .expected(syntax)
      }
      // In millionths: 999,999 hours' worth of nanoseconds is still below 2^63.
      fraction = Int64(typed)
      for _ in places.count..<6 { fraction &*= 10 }
    }
    guard whole.count > 0 && whole.isAllDigits else { throw .expected(syntax) }
    guard let count = whole.decimal(atMost: UInt64(Int64.max)) else { throw tooLong }
    let (product, isTooMuch) = Int64(count).multipliedReportingOverflow(by: unit)
    let (sum, isTooMany) = product.addingReportingOverflow(fraction &* unit / 1_000_000)
    if isTooMuch || isTooMany { throw tooLong }
    return sum
  }

  /// Reads a duration of at least 10 ms: what repeats, or must end, cannot take no time.
  static func notTiny(_ text: Span<UInt8>) throws(ValueProblem) -> Interval {
    let interval = try Interval(parsing: text)
    if interval < .milliseconds(10) { throw .refused("at least 10ms") }
    return interval
  }
}

extension Span where Element == UInt8 {
  fileprivate var isAllDigits: Bool {
    for index in 0..<count where !self[index].isDigit { return false }
    return true
  }
}

extension DrainRange {
  /// Reads `MIN..MAX`, or a single duration that is both.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    let dots = text.index(of: "..")
    let minimum = try DrainRange.end(text.before(dots ?? text.count), of: text)
    let maximum = try dots.map { dots throws(ValueProblem) in
      try DrainRange.end(text.from(dots &+ 2), of: text)
    }
    if let maximum, maximum < minimum { throw .windowReversed(start: minimum, end: maximum) }
    self.init(minimum: minimum, maximum: maximum ?? minimum)
  }

  private static func end(
    _ text: Span<UInt8>, of whole: Span<UInt8>
  ) throws(ValueProblem) -> Interval {
    do {
      return try Interval(parsing: text)
    } catch {
      // What is expected here is a window, not just the duration that its end is.
      if case .expected = error { throw expected(whole) }
      throw error
    }
  }

  /// What a window looks like; `5s-12s` is near.
  private static func expected(_ text: Span<UInt8>) -> ValueProblem {
    let what: StaticString = "MIN..MAX such as 5s..12s, or one duration"
    guard let dash = text.index(of: UInt8(ascii: "-")),
      (try? Interval(parsing: text.before(dash))) != nil,
      (try? Interval(parsing: text.from(dash &+ 1))) != nil
    else { return .expected(what) }
    var meant = [UInt8](copying: text.before(dash))
    meant.append("..")
    for index in dash &+ 1..<text.count { meant.append(text[index]) }
    return .expected(what, meant: meant)
  }
}

extension Signal {
  /// Reads a signal that a process can be sent without the kernel's taking it for itself.
  static func catchable(_ text: Span<UInt8>) throws(ValueProblem) -> Signal {
    let signal = try Signal(parsing: text)
    if signal == .kill || signal == .stop { throw .refused("no process can catch this signal") }
    return signal
  }

  /// Reads the signal that asks for the stop: one that drainit can wait for.
  static func drainSignal(_ text: Span<UInt8>) throws(ValueProblem) -> Signal {
    let signal = try catchable(text)
    if signal == .chld { throw .refused("the kernel sends this signal when a process ends") }
    if signal.isFault { throw .refused("this signal means a fault: drainit cannot wait for it") }
    return signal
  }

  /// Reads the signal that tells the app to end.
  static func stopSignal(_ text: Span<UInt8>) throws(ValueProblem) -> Signal {
    let signal = try Signal(parsing: text)
    if signal == .stop { throw .refused("SIGSTOP suspends a program and does not end it") }
    if signal == .chld { throw .refused("the kernel sends this signal when a process ends") }
    return signal
  }
}

extension Signal {
  /// Whether the kernel sends it where a process did what it may not (a blocked one is death).
  private var isFault: Bool {
    self == .segv || self == .bus || self == .ill || self == .fpe || self == .trap || self == .abrt
      || self == .sys
  }
}

extension SignalTarget {
  /// Reads `app`, `group` or `all`.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    if isEqual(text, "app") {
      self = .app
    } else if isEqual(text, "group") {
      self = .group
    } else if isEqual(text, "all") {
      self = .all
    } else {
      var near = NearMiss(text)
      near.consider("app")
      near.consider("group")
      near.consider("all")
      throw .expected("app, group or all", near.word)
    }
  }
}

extension ExitRewrite {
  /// Reads `FROM:TO`, two exit codes of 0 to 255.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    guard let colon = text.index(of: UInt8(ascii: ":")),
      let from = text.before(colon).decimal(atMost: 255),
      let to = text.from(colon &+ 1).decimal(atMost: 255)
    else { throw .expected("FROM:TO such as 143:0, exit codes of 0 to 255") }
    self.init(from: UInt8(from), to: UInt8(to))
  }
}

extension SignalRewrite {
  /// Reads `A:B`, two signals; `A:0` drops A.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    let expected: StaticString = "A:B such as TERM:QUIT, or A:0 to drop A"
    guard let colon = text.index(of: UInt8(ascii: ":")) else { throw .expected(expected) }
    let to = text.from(colon &+ 1)
    do throws(ValueProblem) {
      self.init(
        from: try Signal.catchable(text.before(colon)),
        to: isEqual(to, "0") ? .none : try Signal(parsing: to))
    } catch {
      if case .expected(_, let meant) = error { throw .expected(expected, meant: meant) }
      throw error
    }
  }
}

extension OrphanPolicy {
  /// Reads `end`, `wait` or a duration.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    if isEqual(text, "end") {
      self = .end
    } else if isEqual(text, "wait") {
      self = .wait
    } else {
      self = .after(
        try Interval.orWord(text, "end, wait, or a duration such as 10s", "end", "wait"))
    }
  }
}

extension Interval {
  /// Reads a duration where a word may stand as well: what is near may be the word.
  static func orWord(
    _ text: Span<UInt8>, _ expected: StaticString, _ word: StaticString, _ other: StaticString = ""
  ) throws(ValueProblem) -> Interval {
    do {
      return try Interval(parsing: text)
    } catch {
      guard case .expected = error else { throw error }
      var near = NearMiss(text)
      near.consider(word)
      near.consider(other)
      throw .expected(expected, near.word)
    }
  }
}

/// Reads `on` or `off`.
func isOn(_ text: Span<UInt8>) throws(ValueProblem) -> Bool {
  if isEqual(text, "on") { return true }
  if isEqual(text, "off") { return false }
  throw .expected("on or off")
}

/// Reads a port of 1 to 65535.
func port(_ text: Span<UInt8>) throws(ValueProblem) -> UInt16 {
  guard let number = text.decimal(atMost: 65535), number > 0 else {
    throw .expected("a port of 1 to 65535")
  }
  return UInt16(number)
}

/// Reads how many in a row: 1 to 1000000.
func successes(_ text: Span<UInt8>) throws(ValueProblem) -> UInt32 {
  guard let number = text.decimal(atMost: 1_000_000), number > 0 else {
    throw .expected("a number of 1 to 1000000")
  }
  return UInt32(number)
}

/// Reads a header line: a name that is a token (RFC 9110, 5.6.2), a colon, and a value without control
/// bytes, so that nobody can end the line early.
func headerLine(_ text: Span<UInt8>) throws(ValueProblem) -> [UInt8] {
  let expected = ValueProblem.expected("'Name: value'")
  guard let colon = text.index(of: UInt8(ascii: ":")), colon > 0 else { throw expected }
  for index in 0..<colon where !text[index].isToken { throw expected }
  for index in colon &+ 1..<text.count where text[index] != 0x09 {
    if text[index] < 0x20 || text[index] == 0x7f {
      throw .refused("a header's value has no control bytes")
    }
  }
  return [UInt8](copying: text)
}
