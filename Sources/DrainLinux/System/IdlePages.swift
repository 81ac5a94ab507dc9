import CLinux

/// The pages that are not needed while nothing happens: of the stack, and of the program's own code.
public enum IdlePages {
  // What drainit takes of the stack at most; the rest was never touched.
  private static var depth: UInt { 512 << 10 }
  // Below this distance from here everything is free: this function's own frame, and the 128 bytes
  // below the stack pointer that belong to it (the AMD64 psABI's red zone).
  private static var margin: UInt { 16 << 10 }
  // Where pages are larger (16 or 64 KiB on some arm64 machines) madvise(2) may refuse, which is harmless.
  private static var page: UInt { 4096 }

  /// Gives them back, so that an idle drainit is small. Code comes back from the page cache as it is
  /// needed, a few microseconds for all of it.
  ///
  /// The corresponding C function is `madvise` with MADV_DONTNEED.
  @inline(never) public static func release() {
    var mark: UInt8 = 0
    withUnsafeMutablePointer(to: &mark) { pointer in
      let here = UInt(bitPattern: pointer) & ~(page &- 1)
      // ENOMEM says that some of it was never mapped; the rest is given back all the same.
      release(from: here &- depth, to: here &- margin)
    }
    release(from: linux_code_start(), to: linux_code_end())
  }

  @inline(__always) private static func release(from start: UInt, to end: UInt) {
    let first = start & ~(page &- 1)
    let length = (end &- first) & ~(page &- 1)
    _ = madvise(UnsafeMutableRawPointer(bitPattern: first), Int(length), MADV_DONTNEED)
  }
}
