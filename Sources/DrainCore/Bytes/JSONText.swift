extension ByteBuffer {
  /// Appends bytes as the inside of a JSON string (RFC 8259, section 7). What is no UTF-8 is replaced, and
  /// so are control characters: a program's name may have any byte.
  public mutating func append(jsonEscaped bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let length = bytes.characterLength(at: index)
      if length == 0 || byte.isControl {
        append("\\ufffd")
        index &+= 1
        continue
      }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      append(bytes.cut(index, index &+ length))
      index &+= length
    }
  }

  /// Appends bytes for a terminal: what is not printable ASCII becomes a question mark.
  public mutating func append(printable bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      let byte = bytes[index]
      append(byte >= 0x20 && byte <= 0x7e ? byte : UInt8(ascii: "?"))
    }
  }

  /// Appends bytes for a terminal: what is not printable ASCII becomes a question mark.
  public mutating func append(printable bytes: [UInt8]) { append(printable: bytes.span) }

  /// Appends a length of time in seconds, with milliseconds: `6.213`.
  public mutating func append(seconds interval: Interval) {
    let milliseconds = UInt64(interval.nanoseconds / 1_000_000)
    append(decimal: milliseconds / 1000)
    append(UInt8(ascii: "."))
    append(decimal: milliseconds % 1000, width: 3)
  }

  /// Appends a moment as RFC 3339 has it, in UTC with milliseconds.
  ///
  /// - Parameter time: since 1970.
  public mutating func append(timestamp time: Interval) {
    let milliseconds = UInt64(time.nanoseconds) / 1_000_000
    let seconds = milliseconds / 1000
    let date = CivilDate(daysSince1970: seconds / 86_400)
    append(decimal: date.year, width: 4)
    append(UInt8(ascii: "-"))
    append(decimal: date.month, width: 2)
    append(UInt8(ascii: "-"))
    append(decimal: date.day, width: 2)
    append(UInt8(ascii: "T"))
    append(decimal: seconds / 3600 % 24, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: seconds / 60 % 60, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: seconds % 60, width: 2)
    append(UInt8(ascii: "."))
    append(decimal: milliseconds % 1000, width: 3)
    append(UInt8(ascii: "Z"))
  }
}

/// A day of the Gregorian calendar.
struct CivilDate {
  var year: UInt64
  var month: UInt64
  var day: UInt64

  /// Counts in years that begin in March, so that the leap day is a year's last.
  init(daysSince1970 days: UInt64) {
    // 719,468 days lie between 1 March of year 0 and 1970.
    let shifted = days &+ 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
    day = dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1
    month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
    year = era &* 400 &+ yearOfEra &+ (month <= 2 ? 1 : 0)
  }
}
