/// A part of a byte sequence, by its place in it.
public struct ByteRange: Equatable, BitwiseCopyable, Sendable {
  /// Where the part begins.
  public var start: Int
  /// Where it ends: the index after its last byte.
  public var end: Int

  public init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { end <= start }

  /// The part of `bytes` that is meant, cut to what is there.
  @_lifetime(copy bytes)
  public func of(_ bytes: Span<UInt8>) -> Span<UInt8> {
    let first = min(max(start, 0), bytes.count)
    return bytes.extracting(first..<max(first, min(end, bytes.count)))
  }
}
