import Testing

@testable import DrainLinux

@Suite struct ArgumentVectorTests {
  /// Calls `body` with the words as C strings that end in a null pointer, as main is given them.
  private func withVector(
    _ words: [[UInt8]], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Void
  ) {
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { word in
      let text = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
      for (index, byte) in (word + [0]).enumerated() {
        text[index] = CChar(truncatingIfNeeded: byte)
      }
      return text
    }
    pointers.append(nil)
    pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    for pointer in pointers { pointer?.deallocate() }
  }

  @Test func wordsAreCopiedByteForByte() {
    let words = [
      Array("drainit".utf8), [], [0xff, 0x80, 0x01], [UInt8](repeating: 7, count: 70_000),
    ]
    withVector(words) { pointer in
      let arguments = ArgumentVector(Int32(words.count), pointer)
      #expect(arguments.count == 4)
      for index in words.indices { #expect(arguments.word(index) == words[index]) }
    }
  }

  @Test func beyondTheEndsThereIsNoWord() {
    withVector([Array("drainit".utf8)]) { pointer in
      let arguments = ArgumentVector(1, pointer)
      for index in [-1, 1, 2, Int.max, Int.min] { #expect(arguments.word(index) == nil) }
      // execve(2) with an empty argv gave argc 0 until Linux 5.18.
      #expect(ArgumentVector(0, pointer).word(0) == nil)
      #expect(ArgumentVector(-1, pointer).count == 0)
    }
  }

  @Test func onlyEntriesThatBeginSoAreCopied() {
    let entries = [
      "PATH=/bin", "DRAINIT_DRAIN=5s", "DRAINIT", "", "D", "XDRAINIT_PORT=1", "DRAINIT_=",
    ]
    withVector(entries.map { Array($0.utf8) }) { pointer in
      let found = EnvironmentVector(pointer).entries(beginningWith: "DRAINIT_")
      #expect(found == [Array("DRAINIT_DRAIN=5s".utf8), Array("DRAINIT_=".utf8)])
    }
    withVector([]) { #expect(EnvironmentVector($0).entries(beginningWith: "DRAINIT_").isEmpty) }
  }
}
