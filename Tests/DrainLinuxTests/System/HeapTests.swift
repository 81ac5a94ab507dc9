import Testing

@testable import DrainLinux

/// The heap that ships in libc's place, here beside it.
@Suite(.serialized) struct HeapTests {
  private struct Block {
    var bytes: UnsafeMutableRawPointer
    var count: Int
    var mark: UInt8

    var isWhole: Bool {
      UnsafeRawBufferPointer(start: bytes, count: count).allSatisfy { $0 == mark }
    }
  }

  private func block(_ bytes: UnsafeMutableRawPointer?, _ count: Int, _ mark: UInt8) throws -> Block
  {
    let bytes = try #require(bytes)
    #expect(Int(bitPattern: bytes) % 16 == 0)
    bytes.initializeMemory(as: UInt8.self, repeating: mark, count: count)
    return Block(bytes: bytes, count: count, mark: mark)
  }

  /// Random sizes by every call, most of them short, given back in a random order: no block ever has
  /// another's bytes.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func noBlockTouchesAnother(seed: UInt64) throws {
    var random = Random(seed: seed)
    var blocks: [Block] = []
    for round in 0..<20_000 {
      let mark = UInt8(truncatingIfNeeded: round)
      let long = random.next() % 50 == 0
      let count = Int(random.next() % (long ? 200_000 : 600))
      switch random.next() % 6 {
      case 0, 1:
        blocks.append(try block(heapAllocate(count), count, mark))
      case 2:
        let alignment = 1 << Int(random.next() % 13)
        let bytes = heapAllocate(alignedTo: alignment, count)
        #expect(Int(bitPattern: bytes) % alignment == 0)
        blocks.append(try block(bytes, count, mark))
      case 3:
        let bytes = try #require(heapAllocate(count: count, ofSize: 1))
        #expect(Block(bytes: bytes, count: count, mark: 0).isWhole)
        blocks.append(try block(bytes, count, mark))
      default:
        if blocks.isEmpty { continue }
        let last = blocks.remove(at: Int(random.next() % UInt64(blocks.count)))
        #expect(last.isWhole, "seed \(seed), round \(round)")
        heapFree(last.bytes)
      }
    }
    for block in blocks {
      #expect(block.isWhole)
      heapFree(block.bytes)
    }
  }

  @Test func whatIsMovedKeepsItsBytes() throws {
    var kept = try block(heapReallocate(nil, 10), 10, 7)
    for count in [16, 17, 5_000, 20_000, 100_000, 30] {
      kept.bytes = try #require(heapReallocate(kept.bytes, count))
      #expect(kept.isWhole)
    }
    heapFree(kept.bytes)
  }

  @Test func whatWasFreedIsUsedAgain() throws {
    let first = try #require(heapAllocate(100))
    heapFree(first)
    #expect(heapAllocate(100) == first)
    heapFree(first)
    heapFree(nil)
  }

  @Test func whatCannotBeHadIsRefused() {
    var bytes: UnsafeMutableRawPointer?
    // Beyond what a process can address on either architecture (Documentation/arch: 47 and 48 bits), whatever
    // vm.overcommit_memory says.
    for count in [Int.max, Int.max - 4096, -1, 1 << 52] {
      #expect(heapAllocate(count) == nil)
      #expect(heapAllocate(alignedTo: 4096, count) == nil)
      #expect(heapAllocate(&bytes, 64, count) == 12)
    }
    #expect(heapAllocate(count: Int.max / 2, ofSize: 3) == nil)
    #expect(bytes == nil)
  }
}
