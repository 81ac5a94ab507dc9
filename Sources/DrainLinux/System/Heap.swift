import CLinux

// The heap of what ships, in place of libc's: 8 KB less of code, and pages that are not touched are
// not there. drainit allocates while it starts and hardly ever after; there are no threads. The
// toolset's linker options give these functions the names that C and Swift call; in a build of the tests
// they are functions like any others.
//
// A block is 32 bytes to 16 KiB long, a power of two, and begins with a header; freed, it is kept for
// the next of its size. What is longer, and finds no room, is a mapping of its own.
//
// The first chunk is the program's own, enough for a start: a life that comes back where the system refuses
// all memory must get as far as to pass signals on.

/// What precedes the bytes that the caller gets, which stay aligned to 16.
private struct Header {
  /// The block's length: a power of two up to `longest`, a multiple of pages above; 0 where the bytes
  /// were moved up to an alignment, and `link` is where they would have begun.
  var length: Int
  /// The next free block of this length, while this one is free; of a longer one, not nil where it is no
  /// mapping, and is never given back.
  var link: UnsafeMutableRawPointer?
}

private var headerBytes: Int { 16 }
private var longest: Int { 1 << 14 }
/// How much address space is taken at a time; memory only as it is touched.
private var chunkBytes: Int { 1 << 16 }

/// Whether memory was refused at any time: what was to lie there is empty or missing since, without a word. A
/// mebibyte is asked for by who can do without.
nonisolated(unsafe) public private(set) var heapWasRefused = false

nonisolated(unsafe) private var next = 0
nonisolated(unsafe) private var end = 0
/// The first free block of each length 2^n, laid at the beginning of the reserve.
private var freeBlocks: UnsafeMutablePointer<UnsafeMutableRawPointer?> {
  linux_reserve().assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
}
private var freeListBytes: Int { 256 }

@inline(never) private func obtain(_ wanted: Int) -> UnsafeMutableRawPointer? {
  guard wanted >= 0 && wanted < Int.max - chunkBytes else { return nil }
  if end == 0 {
    next = Int(bitPattern: linux_reserve()) &+ freeListBytes
    end = next &- freeListBytes &+ Int(linux_reserve_bytes)
  }
  let whole = wanted &+ headerBytes
  if whole > longest {
    let pages = (whole &+ 4095) & ~4095
    guard let block = cut(pages) else { return begin(map(pages), pages) }
    block.assumingMemoryBound(to: Header.self).pointee.link = block
    return begin(block, pages)
  }
  let order = max(5, Int.bitWidth &- (whole &- 1).leadingZeroBitCount)
  let length = 1 << order
  if let block = freeBlocks[order] {
    freeBlocks[order] = header(of: block).pointee.link
    return block
  }
  if end &- next < length, let chunk = map(chunkBytes) {
    next = Int(bitPattern: chunk)
    end = next &+ chunkBytes
  }
  return begin(cut(length), length)
}

/// Takes so many bytes of the chunk.
private func cut(_ length: Int) -> UnsafeMutableRawPointer? {
  if end &- next < length { return nil }
  defer { next &+= length }
  return UnsafeMutableRawPointer(bitPattern: next)
}

private func begin(_ block: UnsafeMutableRawPointer?, _ length: Int) -> UnsafeMutableRawPointer? {
  guard let block else {
    if length < 1 << 20 { heapWasRefused = true }
    return nil
  }
  block.storeBytes(of: length, as: Int.self)
  return block + headerBytes
}

private func header(of bytes: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Header> {
  (bytes - headerBytes).assumingMemoryBound(to: Header.self)
}

private func map(_ length: Int) -> UnsafeMutableRawPointer? {
  let address = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  // MAP_FAILED, a cast that Swift does not import, is every bit set.
  return Int(bitPattern: address) == -1 ? nil : address
}

/// The corresponding C function is `malloc`.
@c(heap_malloc) public func heapAllocate(_ count: Int) -> UnsafeMutableRawPointer? {
  obtain(count)
}

/// The corresponding C function is `posix_memalign`.
@c(heap_posix_memalign) public func heapAllocate(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ count: Int
) -> Int32 {
  guard let bytes = aligned(alignment, count) else { return ENOMEM }
  result.pointee = bytes
  return 0
}

/// The corresponding C function is `aligned_alloc`.
@c(heap_aligned_alloc) public func heapAllocate(
  alignedTo alignment: Int, _ count: Int
) -> UnsafeMutableRawPointer? {
  aligned(alignment, count)
}

@inline(never) private func aligned(_ alignment: Int, _ count: Int) -> UnsafeMutableRawPointer? {
  if alignment <= headerBytes { return obtain(count) }
  guard alignment <= longest, count >= 0, count <= Int.max - longest,
    let bytes = obtain(count &+ alignment)
  else { return nil }
  let address = (Int(bitPattern: bytes) &+ alignment &- 1) & ~(alignment &- 1)
  guard let moved = UnsafeMutableRawPointer(bitPattern: address), moved != bytes else {
    return bytes
  }
  header(of: moved).initialize(to: Header(length: 0, link: bytes))
  return moved
}

/// The corresponding C function is `calloc`.
@c(heap_calloc) public func heapAllocate(
  count: Int, ofSize size: Int
) -> UnsafeMutableRawPointer? {
  let (total, overflows) = count.multipliedReportingOverflow(by: size)
  guard !overflows, let bytes = obtain(total) else { return nil }
  // A long block is all zeros, since none is used twice, and stays untouched.
  if header(of: bytes).pointee.length <= longest { memset(bytes, 0, total) }
  return bytes
}

/// The corresponding C function is `realloc`.
@c(heap_realloc) public func heapReallocate(
  _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> UnsafeMutableRawPointer? {
  guard let bytes else { return obtain(count) }
  // Nobody reallocates what was asked for with an alignment.
  let held = header(of: bytes).pointee.length &- headerBytes
  if count <= held { return bytes }
  guard let moved = obtain(count) else { return nil }
  memcpy(moved, bytes, held)
  heapFree(bytes)
  return moved
}

/// The corresponding C function is `free`.
@c(heap_free) public func heapFree(_ bytes: UnsafeMutableRawPointer?) {
  guard var bytes else { return }
  if header(of: bytes).pointee.length == 0 { bytes = header(of: bytes).pointee.link ?? bytes }
  let length = header(of: bytes).pointee.length
  if length > longest {
    if header(of: bytes).pointee.link == nil { munmap(bytes - headerBytes, length) }
    return
  }
  let order = length.trailingZeroBitCount & 31
  header(of: bytes).pointee.link = freeBlocks[order]
  freeBlocks[order] = bytes
}
