import Testing

@testable import DrainLinux

@Suite struct NumberTextTests {
  @Test(arguments: [
    (Int32(0), "0"), (7, "7"), (10, "10"), (99, "99"), (100, "100"), (4_194_303, "4194303"),
    (.max, "2147483647"), (-1, "0"), (.min, "0"),
  ])
  func aNumberIsWrittenWithAZeroBehindIt(_ number: Int32, _ expected: String) {
    var text = [CChar](repeating: 1, count: NumberText.longest + 2)
    let count = text.withUnsafeMutableBufferPointer { room in
      room.baseAddress.map { NumberText.write(number, to: $0) }
    }
    #expect(count == expected.utf8.count)
    #expect(text.prefix(expected.utf8.count).map { UInt8(bitPattern: $0) } == Array(expected.utf8))
    #expect(text[expected.utf8.count] == 0)
    // Nothing beyond the room that is asked for.
    #expect(text[NumberText.longest + 1] == 1)
  }
}
