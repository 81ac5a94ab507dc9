/// A text of the source that is passed as one pointer, to the zero behind its last byte: a StaticString is
/// three words at each of a few hundred calls.
struct Literal: ExpressibleByStringLiteral {
  let start: UnsafePointer<UInt8>

  @inline(__always) init(stringLiteral text: StaticString) { start = text.utf8Start }

  /// The place of a part between separators; nil where there are not so many.
  @inline(never) func part(_ wanted: Int, between separator: UInt8 = 0x20)
    -> UnsafeBufferPointer<UInt8>?
  {
    var part = wanted
    var start = start
    while part > 0 {
      while start.pointee != 0 && start.pointee != separator { start += 1 }
      if start.pointee == 0 { return nil }
      start += 1
      part &-= 1
    }
    var count = 0
    while start[count] != 0 && start[count] != separator { count &+= 1 }
    return UnsafeBufferPointer(start: start, count: count)
  }
}
