import DrainCore

/// The numbers among a directory's names, as /proc lists processes, threads and descriptors, one after
/// another. Other names are passed over.
///
/// Never in an Optional: that would move the buffer about, word by word.
struct DirectoryNumbers: ~Copyable {
  private var entries = InlineArray<2048, UInt8>(repeating: 0)
  private var length = 0
  private var walk = DirectoryEntries()

  /// The next one, or nil at the end.
  ///
  /// - Parameter directory: the same open directory at each call.
  @inline(never) mutating func next(in directory: borrowing FileDescriptor) -> Int32? {
    repeat {
      if let number = nextRead() { return number }
    } while read(directory.number)
    return nil
  }

  private mutating func nextRead() -> Int32? {
    let bytes = entries.span.extracting(first: length)
    while let name = walk.next(in: bytes) {
      if let number = bytes.decimal(name), number <= UInt64(Int32.max) {
        return Int32(truncatingIfNeeded: number)
      }
    }
    return nil
  }

  private mutating func read(_ directory: Int32) -> Bool {
    var free = entries.mutableSpan
    length = free.withUnsafeMutableBytes { max(ProcFile.entries(directory, into: $0), 0) }
    walk = DirectoryEntries()
    return length > 0
  }
}
