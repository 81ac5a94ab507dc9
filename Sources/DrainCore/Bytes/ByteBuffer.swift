/// A byte buffer whose capacity is fixed when it is made: an append that does not fit is cut and counted.
///
/// Everything that drainit prints, sends or hands over is built in one of these, so that nothing in
/// the loop allocates and nothing can grow without bound.
public struct ByteBuffer: ~Copyable {
  /// How many bytes fit.
  public let capacity: Int
  /// How many bytes are in it.
  public private(set) var count: Int = 0
  /// How many bytes did not fit since it was last emptied.
  public private(set) var cut: Int = 0
  private let base: UnsafeMutablePointer<UInt8>

  /// Makes an empty buffer; where memory is refused its capacity is 0.
  public init(capacity wanted: Int) {
    // Embedded Swift's allocate returns null where memory is refused, without a word.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(wanted, 1), alignment: 16)
    let isRefused = UInt(bitPattern: memory) == 0
    capacity = isRefused ? 0 : max(wanted, 0)
    base = memory.assumingMemoryBound(to: UInt8.self)
  }

  deinit { base.deallocate() }

  /// How many bytes more fit.
  public var room: Int { capacity &- count }

  /// The bytes written so far.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let span = Span(_unsafeStart: UnsafePointer(base), count: count)
      return _overrideLifetime(span, borrowing: self)
    }
  }

  /// Calls `body` with the bytes written so far, for a system call that takes a pointer.
  public borrowing func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Lets `body` write into the free part; it returns how many bytes it wrote there.
  public mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
    let wrote = body(UnsafeMutableRawBufferPointer(start: base + count, count: room))
    count &+= min(max(wrote, 0), room)
  }

  /// Empties the buffer.
  public mutating func removeAll() {
    count = 0
    cut = 0
  }

  /// Drops everything after the first `length` bytes.
  public mutating func truncate(to length: Int) {
    count = min(max(length, 0), count)
  }

  /// Drops the first `length` bytes and moves the rest to the front.
  public mutating func removeFirst(_ length: Int) {
    let dropped = min(max(length, 0), count)
    let left = count &- dropped
    if dropped > 0 && left > 0 {
      UnsafeMutableRawPointer(base).copyMemory(from: base + dropped, byteCount: left)
    }
    count = left
  }

  /// Appends one byte.
  public mutating func append(_ byte: UInt8) {
    if count < capacity {
      base[count] = byte
      count &+= 1
    } else {
      cut &+= 1
    }
  }

  /// Appends the bytes that fit.
  public mutating func append(_ bytes: Span<UInt8>) {
    let fits = min(bytes.count, room)
    for index in 0..<fits { base[count &+ index] = bytes[index] }
    count &+= fits
    cut &+= bytes.count &- fits
  }

  /// Appends the bytes that fit.
  public mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

  /// Appends a literal's UTF-8.
  @inline(never) public mutating func append(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    let fits = min(length, room)
    for index in 0..<fits { base[count &+ index] = text.utf8Start[index] }
    count &+= fits
    cut &+= length &- fits
  }

  /// Appends a number in decimal.
  public mutating func append(decimal number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: number.magnitude)
  }

  /// Appends a number in decimal, with leading zeros up to `width` digits.
  public mutating func append(decimal number: UInt64, width: Int = 1) {
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var rest = number
    var used = 0
    repeat {
      digits[used] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      used &+= 1
    } while rest > 0
    used = max(used, min(width, 20))
    while used > 0 {
      used &-= 1
      append(digits[used])
    }
  }

  /// Appends a word as 16 hexadecimal digits; where they do not all fit, none.
  public mutating func append(hex word: UInt64) {
    guard room >= 16 else {
      cut &+= 16
      return
    }
    fill { bytes in
      bytes.storeBytes(
        of: ByteBuffer.digits(word >> 32).bigEndian, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: ByteBuffer.digits(word).bigEndian, toByteOffset: 8, as: UInt64.self)
      return 16
    }
  }

  /// The lower 32 bits as eight digits, all at once: what a fault hands over is written after every event.
  private static func digits(_ word: UInt64) -> UInt64 {
    var nibbles = word & 0xffff_ffff
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
    nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let gap = UInt64(UInt8(ascii: "a") &- UInt8(ascii: "0") &- 10)
    return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* gap
  }

  /// Appends a length of time as a person reads it: `250ms`, `0.4s`, `12s`, `2m30s`, `1h`.
  public mutating func append(_ interval: Interval) {
    let milliseconds = UInt64(interval.nanoseconds / 1_000_000)
    if milliseconds == 0 { return append("0s") }
    if milliseconds < 100 {
      append(decimal: milliseconds)
      return append("ms")
    }
    let tenths = (milliseconds &+ 50) / 100
    if tenths < 600 {
      append(decimal: tenths / 10)
      if tenths % 10 != 0 {
        append(UInt8(ascii: "."))
        append(decimal: tenths % 10)
      }
      return append(UInt8(ascii: "s"))
    }
    let seconds = (tenths &+ 5) / 10
    if seconds >= 3600 {
      append(decimal: seconds / 3600)
      append(UInt8(ascii: "h"))
    }
    if seconds / 60 % 60 != 0 {
      append(decimal: seconds / 60 % 60)
      append(UInt8(ascii: "m"))
    }
    if seconds % 60 != 0 {
      append(decimal: seconds % 60)
      append(UInt8(ascii: "s"))
    }
  }
}
