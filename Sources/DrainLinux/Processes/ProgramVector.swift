import CLinux

/// A program and its arguments as exec wants them, made once at the start from a check's or a hook's
/// words.
public struct ProgramVector: ~Copyable {
  /// The vector, a null at its end; it lives as long as this value.
  public let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  /// Copies the words, each without a zero byte in it.
  public init(_ words: [[UInt8]]) {
    count = words.count
    pointers = .allocate(capacity: words.count &+ 1)
    for index in 0..<words.count {
      let word = words[index]
      let text = UnsafeMutablePointer<CChar>.allocate(capacity: word.count &+ 1)
      for position in 0..<word.count { text[position] = CChar(bitPattern: word[position]) }
      text[word.count] = 0
      pointers[index] = text
    }
    pointers[words.count] = nil
  }

  deinit {
    for index in 0..<count { pointers[index]?.deallocate() }
    pointers.deallocate()
  }
}
