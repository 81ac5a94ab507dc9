/// What `/proc/PID/status` tells of a process's signals (proc_pid_status(5)).
public enum ProcessSignals {
  /// Which of them.
  public enum Kind: BitwiseCopyable, Sendable {
    case caught
    case ignored
  }

  /// The signals that the process catches, or ignores; nil where the text does not say so.
  public static func set(_ kind: Kind, in text: Span<UInt8>) -> SignalSet? {
    let name: StaticString = kind == .caught ? "SigCgt:\t" : "SigIgn:\t"
    var start = 0
    while start < text.count {
      let end = text.index(of: UInt8(ascii: "\n"), from: start) ?? text.count
      let line = text.cut(start, end)
      if hasPrefix(line, name) { return mask(line.from(name.utf8CodeUnitCount)) }
      start = end &+ 1
    }
    return nil
  }

  /// Sixteen hexadecimal digits; a line that was cut short is none.
  private static func mask(_ digits: Span<UInt8>) -> SignalSet? {
    if digits.count != 16 { return nil }
    var bits: UInt64 = 0
    for index in 0..<16 {
      switch digits[index] {
      case let digit where digit.isDigit: bits = bits << 4 | UInt64(digit &- UInt8(ascii: "0"))
      case let digit where digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "f"):
        bits = bits << 4 | UInt64(digit &- UInt8(ascii: "a") &+ 10)
      default: return nil
      }
    }
    return SignalSet(bits: bits)
  }
}
