import CLinux

/// Pages for a fixed number of slots, reserved at the start and taken from the machine only when a
/// slot is written to.
///
/// It is mapped and not allocated, so that the pages of slots that only a crowd needed can be given
/// back: after an attack drainit is as small as before. Public, since Embedded Swift must see the
/// deinit wherever a value that has one inside is destroyed.
public struct SlotMemory: ~Copyable {
  /// The bytes of one slot, whole pages.
  let slotBytes: Int
  private let base: UnsafeMutableRawPointer
  private let count: Int

  /// Reserves the slots.
  ///
  /// The corresponding C function is `mmap`.
  init(slots: Int, bytesEach: Int) throws(Errno) {
    // Where pages are larger (16 or 64 KiB on some arm64 machines) slots may share one, and then
    // none is given back alone: madvise(2) refuses, which is harmless.
    slotBytes = (bytesEach &+ 4095) / 4096 * 4096
    count = max(slots, 1)
    let memory = mmap(
      nil, slotBytes &* count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    // MAP_FAILED, a cast that Swift does not import, is every bit set.
    guard let memory, UInt(bitPattern: memory) != .max else { throw Errno.last }
    base = memory
  }

  deinit { _ = munmap(base, slotBytes &* count) }

  /// The bytes of a slot; of the nearest where there is no such slot.
  subscript(slot: Int) -> UnsafeMutableRawBufferPointer {
    let offset = min(max(slot, 0), count &- 1) &* slotBytes
    return UnsafeMutableRawBufferPointer(start: base + offset, count: slotBytes)
  }

  /// The first `length` bytes of a slot.
  @_lifetime(borrow self)
  func bytes(of slot: Int, _ length: Int) -> Span<UInt8> {
    let memory = self[slot]
    let start = memory.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
    let span = Span(_unsafeStart: UnsafePointer(start), count: min(max(length, 0), memory.count))
    return _overrideLifetime(span, borrowing: self)
  }

  /// Gives the slot's pages back; its bytes are zero then.
  ///
  /// The corresponding C function is `madvise` with MADV_DONTNEED.
  func release(_ slot: Int) { _ = madvise(self[slot].baseAddress, slotBytes, MADV_DONTNEED) }
}
