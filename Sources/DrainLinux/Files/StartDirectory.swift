import CLinux

/// The directory that drainit was started in, by name, once drainit itself has moved to `/`.
///
/// drainit stays in no directory that somebody may want to unmount; what it starts later begins
/// where it was started itself. By name: a descriptor would hold the mount as well.
public struct StartDirectory: ~Copyable {
  // The name with its zero byte, or null where it has none any more: its children start in `/`.
  private let name: UnsafeMutablePointer<CChar>?

  /// The longest name, its zero byte included (PATH_MAX).
  static var longest: Int { 4096 }

  /// Remembers the working directory and moves to `/`, after the app was started.
  public init() {
    var copy: UnsafeMutablePointer<CChar>?
    withUnsafeTemporaryAllocation(byteCount: StartDirectory.longest, alignment: 1) { buffer in
      let room = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      // A directory that was removed, or lies outside of our root, has no name: ENOENT.
      if let room, getcwd(room, buffer.count) != nil { copy = strdup(room) }
    }
    name = copy
    _ = chdir("/")
  }

  /// Takes over the name that an earlier drainit in this process remembered.
  public init(named known: UnsafePointer<CChar>?) {
    name = known.flatMap { strdup($0) }
  }

  deinit { free(name) }

  /// The name for a child to begin in; nil where it stays in `/`.
  public var path: UnsafePointer<CChar>? { UnsafePointer(name) }
}
