import CLinux

/// An open descriptor that belongs to whoever holds this value, and is closed when the value ends.
///
/// Nothing else in the program closes anything.
@frozen public struct FileDescriptor: ~Copyable {
  /// The number, never negative.
  public let number: Int32

  /// Takes over an open descriptor; nil where `number` is negative, as a failed call returns it.
  public init?(owning number: Int32) {
    if number < 0 { return nil }
    self.number = number
  }

  deinit { _ = close(number) }

  /// Gives up the descriptor without closing it.
  public consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }
}

/// What a read or write that does not wait came to.
public enum Transfer: Equatable, BitwiseCopyable, Sendable {
  /// That many bytes, at least one.
  case bytes(Int)
  /// Nothing now; the descriptor's next readiness says when to come back.
  case wouldBlock
  /// The other side has closed.
  case endOfFile
  /// The call failed for good.
  case failed(Errno)
}
