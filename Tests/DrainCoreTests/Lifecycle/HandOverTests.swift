import Testing

@testable import DrainCore

@Suite struct HandOverTests {
  private func text(_ handOver: HandOver) -> [UInt8] {
    var buffer = ByteBuffer(capacity: HandOver.textSize)
    handOver.append(to: &buffer)
    #expect(buffer.count == HandOver.textSize && buffer.cut == 0)
    return buffer.withBytes { [UInt8]($0) }
  }

  private func read(_ text: [UInt8]) -> HandOver? {
    let bytes = text.span
    return HandOver(bytes)
  }

  private func executable(_ text: [UInt8]) -> Int32 {
    let bytes = text.span
    return HandOver.executable(in: bytes)
  }

  private var full: HandOver {
    var handOver = HandOver(pid: 7)
    handOver.executable = 5
    handOver.programs.insert(11)
    handOver.programs.insert(12)
    handOver.programs.remove(11)
    handOver.lives.comeBack(now: Instant(nanoseconds: 99))
    var story = Story.serving { $0.hasDrainHooks = true }
    story.signal(.term)
    handOver.lifecycle = story.lifecycle.state
    return handOver
  }

  @Test func whatIsWrittenIsRead() {
    let found = read(text(full))
    #expect(found == full)
    #expect(found?.programs[1] == 12 && found?.programs[0] == 0)
    #expect(found?.lifecycle.phase == .draining)
  }

  @Test func theExecutableIsFoundBeforeAnythingElse() {
    #expect(executable(text(full)) == 5)
    #expect(executable([]) == -1)
  }

  @Test func aTextThatWasTornOrTypedIsNone() {
    let whole = text(full)
    for index in stride(from: 0, to: whole.count, by: 7) {
      var torn = whole
      torn[index] = torn[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      #expect(read(torn) == nil, "digit \(index)")
      torn[index] = UInt8(ascii: "x")
      #expect(read(torn) == nil)
    }
    #expect(read([UInt8](whole.dropLast())) == nil)
  }
}
