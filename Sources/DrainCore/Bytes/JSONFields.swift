// The pieces of a JSON object, each after the comma that it needs.

extension ByteBuffer {
  /// Appends a comma, except at the beginning of an object or a list.
  mutating func separate() {
    let last = count > 0 ? bytes[count &- 1] : 0
    if last != UInt8(ascii: "{") && last != UInt8(ascii: "[") { append(",") }
  }

  /// Appends a field's name; its value follows.
  @inline(never) mutating func field(_ name: StaticString) {
    separate()
    append("\"")
    append(name)
    append("\":")
  }

  @inline(never) mutating func string(_ text: StaticString) {
    append("\"")
    append(text)
    append("\"")
  }

  @inline(never) mutating func string(_ bytes: [UInt8]) {
    append("\"")
    append(jsonEscaped: bytes.span)
    append("\"")
  }

  mutating func boolean(_ value: Bool) { append(value ? "true" : "false") }

  mutating func number(_ value: UInt64?) {
    if let value { append(decimal: value) } else { append("null") }
  }

  @inline(never) mutating func seconds(_ value: Interval?) {
    if let value { append(seconds: value) } else { append("null") }
  }

  /// Appends a short time in seconds, with microseconds: `0.000213`.
  @inline(never) mutating func append(preciseSeconds interval: Interval) {
    let microseconds = UInt64(interval.nanoseconds / 1000)
    append(decimal: microseconds / 1_000_000)
    append(UInt8(ascii: "."))
    append(decimal: microseconds % 1_000_000, width: 6)
  }

  /// Appends how long it is until a moment, 0 where it is over, null where it never comes.
  @inline(never) mutating func seconds(until moment: Instant, from now: Instant) {
    seconds(moment == .never ? nil : moment.since(now))
  }
}
