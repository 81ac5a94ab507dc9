import CLinux
import DrainCore
import DrainLinux

/// The number of the check `fd:N`, at which the app is given a pipe of drainit's.
enum NoticeDescriptor {
  // SD_LISTEN_FDS_START: where the sockets that a service is handed begin (sd_listen_fds(3)).
  private static var firstSocket: Int32 { 3 }

  /// Sees whether the app can be given something there; -1 is none.
  @inline(never) static func check(_ number: Int32) throws(StartError) {
    if number < 0 { return }
    let limit = linux_open_files_limit()
    if UInt64(number) >= limit { throw .noticeBeyond(number, limit: limit) }
    guard let text = getenv("LISTEN_FDS") else { return }
    let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
    let sockets = Span<UInt8>(_unsafeBytes: bytes).decimal(0..<bytes.count) ?? 0
    let place = UInt64(max(number &- firstSocket, 0))
    if place < sockets && SystemCall.isOpen(number) { throw .noticeIsSocket(number) }
  }
}
