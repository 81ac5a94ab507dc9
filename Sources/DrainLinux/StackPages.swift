import CLinux

/// The pages of the stack that only the start needed.
public enum StackPages {
  // What the start takes at most; the rest of the stack was never touched.
  private static var depth: UInt { 512 << 10 }
  // Below this distance from here everything is free: this function's own frame, and the 128 bytes
  // below the stack pointer that belong to it (the AMD64 psABI's red zone).
  private static var margin: UInt { 16 << 10 }

  /// Gives them back, so that drainit is as small while it serves as if it had never started.
  ///
  /// The corresponding C function is `madvise` with MADV_DONTNEED.
  @inline(never) public static func release() {
    var mark: UInt8 = 0
    withUnsafeMutablePointer(to: &mark) { pointer in
      let here = UInt(bitPattern: pointer) & ~4095
      let low = here &- depth
      // ENOMEM says that some of it was never mapped; the rest is given back all the same.
      _ = madvise(
        UnsafeMutableRawPointer(bitPattern: low), Int(depth &- margin), MADV_DONTNEED)
    }
  }
}
