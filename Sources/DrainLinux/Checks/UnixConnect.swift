import CLinux
import DrainCore

/// Connects to a UNIX socket by its path, or by its abstract name with an `@` before it, and closes again.
///
/// A connect to a UNIX socket never waits where it may not (unix(7)), but its path is looked up, which may:
/// where the kernel has not all of it in its memory a child connects.
public enum UnixConnect {
  /// What a connect comes to; nil where the kernel would have to ask a file system.
  public static func atOnce(_ path: UnsafePointer<CChar>) -> CheckOutcome? {
    if path[0] == CChar(bitPattern: UInt8(ascii: "@")) { return outcome(errno: connect(path)) }
    switch FileLook.cached(path) {
    case .there: return outcome(errno: connect(path))
    case .absent: return .fails(.missing)
    case .unknown, nil: return nil
    }
  }

  /// What a connect that ended with this errno says; 0 is one that succeeded. It is a child's exit code.
  public static func outcome(errno: Int32) -> CheckOutcome {
    switch errno {
    case 0: .holds
    case ENOENT, ENOTDIR: .fails(.missing)
    case EACCES, EPERM: .fails(.notAccessible)
    case EAGAIN: .fails(.queueFull)
    default: .fails(CheckFailure(Errno(errno)))
    }
  }

  /// What a connect comes to, for one who may wait.
  public static func outcome(of path: [UInt8]) -> CheckOutcome {
    let words = ProgramVector([path])
    guard let name = words.pointers[0] else { return .fails(.noResources) }
    return outcome(errno: connect(name))
  }

  /// Connects; 0, or why it failed (errno(3)). What it opens is closed before a child ends.
  @inline(never) static func connect(_ path: UnsafePointer<CChar>) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let start = MemoryLayout<sa_family_t>.size
    let length = strlen(path)
    guard length > 1, start &+ length < MemoryLayout<sockaddr_un>.size else { return ENOENT }
    withUnsafeMutableBytes(of: &address) {
      memcpy($0.baseAddress.unsafelyUnwrapped + start, path, length)
      if $0[start] == UInt8(ascii: "@") { $0[start] = 0 }
    }
    // An abstract name ends with its length, a path with a zero, which is there.
    let size = socklen_t(truncatingIfNeeded: start &+ length)
    var error = EPROTOTYPE
    // What listens may take packets: syslog's and StatsD's sockets do.
    let kinds: InlineArray<3, Int32> = [linux_SOCK_STREAM, linux_SOCK_DGRAM, linux_SOCK_SEQPACKET]
    for index in 0..<3 where error == EPROTOTYPE {
      do throws(Errno) {
        let socket = try SystemCall.localSocket(kinds[index])
        error = linux_connect(socket.number, &address, size) == 0 ? 0 : Errno.last.number
      } catch {
        return error.number
      }
    }
    return error
  }
}
