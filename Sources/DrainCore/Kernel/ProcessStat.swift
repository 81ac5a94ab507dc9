/// The first fields of `/proc/PID/stat` (proc_pid_stat(5)).
public struct ProcessStat: Equatable, BitwiseCopyable, Sendable {
  public let pid: Int32
  public let name: ProgramName
  /// R, S, D, T, t, Z, X …
  public let state: UInt8
  public let parent: Int32
  public let group: Int32
  /// Whether it has executed a program since it was forked, as far as is known.
  public let isExecuted: Bool

  /// Whether it has ended and waits only to be reaped.
  public var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

  /// Reads them; nil where the text is none of the kernel's.
  ///
  /// The name stands between the first `(` and the last `)`: it may hold both itself.
  public init?(_ text: Span<UInt8>) {
    var open = 0
    while open < text.count && text[open] != UInt8(ascii: "(") { open &+= 1 }
    var close = text.count &- 1
    while close > open && text[close] != UInt8(ascii: ")") { close &-= 1 }
    guard open < close else { return nil }
    var before = Words(from: 0, to: open)
    var words = Words(from: close &+ 1, to: text.count)
    guard let pid = ProcessStat.number(&before, text), let state = words.next(in: text),
      let parent = ProcessStat.number(&words, text), let group = ProcessStat.number(&words, text)
    else { return nil }
    self.pid = pid
    self.state = text[state.lowerBound]
    self.parent = parent
    self.group = group
    // The session, the terminal and its foreground group, and then the flags; one of them is PF_FORKNOEXEC.
    for _ in 0..<3 { _ = words.next(in: text) }
    let flags = words.next(in: text).flatMap { text.decimal($0) } ?? 0
    isExecuted = flags & 0x40 == 0
    name = ProgramName(text.extracting((open &+ 1)..<close))
  }

  private static func number(_ words: inout Words, _ text: Span<UInt8>) -> Int32? {
    guard let word = words.next(in: text), let number = text.decimal(word),
      number <= UInt64(Int32.max)
    else { return nil }
    return Int32(truncatingIfNeeded: number)
  }
}

/// A program's name as the kernel keeps it (`/proc/PID/comm`): at most 15 bytes, of any value.
public struct ProgramName: BitwiseCopyable, Sendable {
  private var storage = InlineArray<16, UInt8>(repeating: 0)

  /// How many bytes it has, 0 where the name is not known.
  public var count: Int { Int(storage[15]) }

  /// No name.
  public init() {}

  /// Takes the first 15 bytes, up to a line end, without the blanks at their end: a title that a program gives
  /// itself is cut off anywhere (`starman master `).
  public init(_ bytes: Span<UInt8>) {
    var length = 0
    while length < min(bytes.count, 15), bytes[length] != UInt8(ascii: "\n") {
      storage[length] = bytes[length]
      length &+= 1
    }
    while length > 0, storage[length &- 1] == UInt8(ascii: " ") {
      length &-= 1
      storage[length] = 0
    }
    storage[15] = UInt8(truncatingIfNeeded: length)
  }

  /// The bytes.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { storage.span.extracting(first: count) }
  }
}

extension ProgramName: Equatable {
  public static func == (left: ProgramName, right: ProgramName) -> Bool {
    for index in 0..<16 where left.storage[index] != right.storage[index] { return false }
    return true
  }
}
