import Testing

@testable import DrainCore

/// The buffer's bytes as text.
func text(_ buffer: borrowing ByteBuffer) -> String {
  buffer.withBytes { String(decoding: $0, as: UTF8.self) }
}

@Suite struct ByteBufferTests {
  @Test func anAppendThatDoesNotFitIsCutAndCounted() {
    var buffer = ByteBuffer(capacity: 4)
    buffer.append("abcdef")
    buffer.append(UInt8(ascii: "g"))
    #expect(text(buffer) == "abcd")
    #expect(buffer.cut == 3)
  }

  @Test func numbersAreDecimal() {
    var buffer = ByteBuffer(capacity: 100)
    buffer.append(decimal: Int64.min)
    buffer.append(" ")
    buffer.append(decimal: UInt64.max, width: 3)
    buffer.append(" ")
    buffer.append(decimal: 7, width: 3)
    #expect(text(buffer) == "-9223372036854775808 18446744073709551615 007")
  }

  @Test(
    arguments: [
      (0, "0s"), (99_000_000, "99ms"), (250_000_000, "0.3s"), (1_000_000_000, "1s"),
      (6_240_000_000, "6.2s"), (59_960_000_000, "1m"), (90_000_000_000, "1m30s"),
      (3_600_000_000_000, "1h"), (5_400_000_000_000, "1h30m"),
    ] as [(Int64, String)])
  func timesReadAsAPersonReadsThem(nanoseconds: Int64, expected: String) {
    var buffer = ByteBuffer(capacity: 40)
    buffer.append(Interval(nanoseconds: nanoseconds))
    #expect(text(buffer) == expected)
  }

  @Test func theFrontCanBeDropped() {
    var buffer = ByteBuffer(capacity: 8)
    buffer.append("abcdef")
    buffer.removeFirst(4)
    #expect(text(buffer) == "ef")
    buffer.removeFirst(9)
    #expect(buffer.count == 0)
  }

  @Test(
    arguments: [
      (0, "0000000000000000"), (.max, "ffffffffffffffff"),
      (0x0123_4567_89ab_cdef, "0123456789abcdef"),
    ] as [(UInt64, String)])
  func wordsAreSixteenDigits(word: UInt64, expected: String) {
    var buffer = ByteBuffer(capacity: 18)
    buffer.append("x")
    buffer.append(hex: word)
    #expect(text(buffer) == "x" + expected)
    // What does not fit whole is left out, and counted.
    #expect(buffer.cut == 0)
    buffer.append(hex: word)
    #expect(text(buffer) == "x" + expected && buffer.cut == 16)
  }
}
