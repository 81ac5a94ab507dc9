/// The first fields of `/proc/PID/stat` (proc_pid_stat(5)).
public struct ProcessStat: Equatable, BitwiseCopyable, Sendable {
  public let pid: Int32
  public let name: ProgramName
  /// R, S, D, T, t, Z, X …
  public let state: UInt8
  public let parent: Int32
  public let group: Int32

  /// Reads them; nil where the text is none of the kernel's.
  ///
  /// The name stands between the first `(` and the last `)`: it may hold both itself.
  public init?(_ text: Span<UInt8>) {
    var open = 0
    while open < text.count && text[open] != UInt8(ascii: "(") { open &+= 1 }
    var close = text.count &- 1
    while close > open && text[close] != UInt8(ascii: ")") { close &-= 1 }
    guard open < close, close &+ 2 < text.count else { return nil }
    var position = 0
    guard let pid = ProcessStat.number(text, &position) else { return nil }
    state = text[close &+ 2]
    position = close &+ 3
    guard let parent = ProcessStat.number(text, &position),
      let group = ProcessStat.number(text, &position)
    else { return nil }
    self.pid = pid
    self.parent = parent
    self.group = group
    name = ProgramName(text.extracting((open &+ 1)..<close))
  }

  /// The number after any blanks at `position`, which moves behind it.
  private static func number(_ text: Span<UInt8>, _ position: inout Int) -> Int32? {
    while position < text.count && text[position] == UInt8(ascii: " ") { position &+= 1 }
    let start = position
    var value: Int32 = 0
    while position < text.count, text[position] >= UInt8(ascii: "0"),
      text[position] <= UInt8(ascii: "9")
    {
      let digit = Int32(text[position] &- UInt8(ascii: "0"))
      let (scaled, tooBig) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooMuch) = scaled.addingReportingOverflow(digit)
      if tooBig || tooMuch { return nil }
      value = sum
      position &+= 1
    }
    return position > start ? value : nil
  }
}

/// A program's name as the kernel keeps it (`/proc/PID/comm`): at most 15 bytes, of any value.
public struct ProgramName: BitwiseCopyable, Sendable {
  private var storage = InlineArray<16, UInt8>(repeating: 0)

  /// How many bytes it has, 0 where the name is not known.
  public var count: Int { Int(storage[15]) }

  /// No name.
  public init() {}

  /// Takes the first 15 bytes, up to a line end.
  public init(_ bytes: Span<UInt8>) {
    var length = 0
    while length < min(bytes.count, 15), bytes[length] != UInt8(ascii: "\n") {
      storage[length] = bytes[length]
      length &+= 1
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
