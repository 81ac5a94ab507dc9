import CLinux
import DrainCore

// Single facts of sockets.

extension AppPorts {
  /// The number of an open socket in /proc/PID/fd and in the kernel's tables; 0 where it has none.
  static func inode(of descriptor: Int32) -> UInt32 {
    var status = stat()
    if fstat(descriptor, &status) != 0 { return 0 }
    return UInt32(truncatingIfNeeded: status.st_ino)
  }

  /// SO_ACCEPTCONN (socket(7)): whether the descriptor is a listening socket.
  static func isListener(_ descriptor: Int32) -> Bool {
    var answer: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &length) == 0 && answer != 0
  }

  /// SO_DOMAIN (socket(7)): whether the descriptor is a socket of IPv6.
  static func isV6(_ descriptor: Int32) -> Bool {
    var answer: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &answer, &length) == 0
      && answer == AF_INET6
  }

  /// The range that the kernel takes ports from by itself; the default where it cannot be read.
  static func ephemeralPorts() -> (low: UInt16, high: UInt16) {
    var text = InlineArray<32, UInt8>(repeating: 0)
    var length = 0
    if let file = ProcFile.open("/proc/sys/net/ipv4/ip_local_port_range") {
      var bytes = text.mutableSpan
      length = bytes.withUnsafeMutableBytes { read(file.number, $0.baseAddress, $0.count) }
    }
    let range = ProcText.portRange(text.span.extracting(first: max(length, 0)))
    return range ?? (low: 32_768, high: 60_999)
  }
}
