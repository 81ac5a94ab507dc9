/// What /proc/PID/cgroup says (cgroups(7)), read byte by byte: `0::PATH` is that of version 2, and where
/// version 1 is there, too, `N:name=systemd:PATH` is the one that every container has for itself.
///
/// Paths are compared alone, so that what is kept of one is a hash and its length.
public struct CgroupPaths: Equatable, BitwiseCopyable, Sendable {
  /// One path; the root's has the length 1, and one that is not there 0.
  public struct Path: Equatable, BitwiseCopyable, Sendable {
    var length: UInt32 = 0
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    mutating func append(_ byte: UInt8) {
      length &+= 1
      // FNV-1a.
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
  }

  /// The path in the hierarchy of version 2.
  public private(set) var unified = Path()
  /// The path in systemd's hierarchy of version 1.
  public private(set) var systemd = Path()
  private var path = Path()
  private var field: UInt8 = 0
  private var isZero = false
  private var hasDigit = false
  /// How much of `name=systemd` the second field has so far; more where it is not that.
  private var matched = 0

  public init() {}

  /// Takes in the next bytes of the file.
  @inline(never) public mutating func read(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count { read(bytes[index]) }
  }

  private mutating func read(_ byte: UInt8) {
    let name: StaticString = "name=systemd"
    if byte == UInt8(ascii: "\n") {
      if isZero { unified = path }
      if matched == name.utf8CodeUnitCount { systemd = path }
      path = Path()
      field = 0
      isZero = false
      hasDigit = false
      matched = 0
    } else if field < 2 && byte == UInt8(ascii: ":") {
      field &+= 1
    } else if field == 0 {
      isZero = byte == UInt8(ascii: "0") && !hasDigit
      hasDigit = true
    } else if field == 1 {
      isZero = false
      let isNext =
        matched < name.utf8CodeUnitCount && byte == name.utf8Start[matched]
      matched = isNext ? matched &+ 1 : .max / 2
    } else {
      path.append(byte)
    }
  }

  /// Whether a cgroup of version 2 may be shared by many containers: older runtimes leave all of theirs in
  /// their own, which systemd's hierarchy contradicts. In a cgroup namespace, where each begins at
  /// `/`, that cannot be seen.
  public var mayShareUnified: Bool {
    if systemd.length == 0 || unified.length == 0 { return false }
    return unified.length == 1 || systemd.length > 1 && systemd != unified
  }
}
