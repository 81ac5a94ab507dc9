import CLinux

/// The descriptors that drainit was started with: the app has them, drainit must not keep them open,
/// or a pipe's other side never sees its end.
public enum InheritedDescriptors {
  // Where close_range(2) is refused (before Linux 5.9, an old seccomp profile) each number is closed
  // for itself, up to here: more than that nobody passes on, and it costs 3 ms.
  private static var highestByHand: Int32 { 65_535 }

  /// Closes every descriptor but those of `own`, in any order; the error output is kept by being
  /// one of them.
  public static func close(keeping own: Span<Int32>) {
    var first: Int32 = 0
    while first >= 0 {
      let kept = nextKept(from: first, own)
      if kept > first || kept == Int32.max {
        closeRange(first, kept == Int32.max ? kept : kept &- 1)
      }
      if kept == Int32.max { return }
      first = kept &+ 1
    }
  }

  /// The smallest of `own` that is not below `first`, or Int32.max.
  private static func nextKept(from first: Int32, _ own: Span<Int32>) -> Int32 {
    var found = Int32.max
    for index in 0..<own.count where own[index] >= first && own[index] < found {
      found = own[index]
    }
    return found
  }

  private static func closeRange(_ first: Int32, _ last: Int32) {
    do { try SystemCall.closeRange(first, last) } catch {
      var number = first
      while number <= min(last, highestByHand) {
        _ = CLinux.close(number)
        number &+= 1
      }
    }
  }
}
