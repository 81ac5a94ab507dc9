import CLinux
import DrainCore

/// One family's counts of sockets, read once a look: they spare a list where there is nothing to list.
struct SocketCountFile: ~Copyable {
  private let isV6: Bool
  private var counts: SocketCounts?
  private var isRead = false
  private var text = ByteBuffer(capacity: 512)

  init(isV6: Bool) { self.isV6 = isV6 }

  /// Begins a look: what was read before is out of date.
  mutating func reset() { isRead = false }

  /// Whether there is nothing to list but so many listeners of drainit's own; false where it cannot be
  /// known.
  mutating func hasNone(_ request: SocketRequest, besides own: UInt64) -> Bool {
    if !isRead { read() }
    guard let counts else { return false }
    return request.isDatagram ? counts.udp == 0 : counts.tcp == own
  }

  private mutating func read() {
    isRead = true
    counts = nil
    text.removeAll()
    let opened = ProcFile.open(isV6 ? "/proc/net/sockstat6" : "/proc/net/sockstat")
    guard let opened else { return }
    _ = ProcFile.read(opened, into: &text)
    counts = SocketCounts(text.bytes, isV6: isV6)
  }
}
