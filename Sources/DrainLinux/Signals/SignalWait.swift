import CLinux
import DrainCore

// Signals without the loop: where its wait is refused, and in the last life.

// What the handler needs, and it has no other way to be given it: the queue, and the pipe of the seven.
nonisolated(unsafe) var signalsNumber: Int32 = -1
nonisolated(unsafe) var faultsNumber: Int32 = -1

extension SignalQueue {
  /// Waits for a signal, so many milliseconds at most. Where there is no queue nothing tells of one, and it
  /// waits for a moment.
  public static func wait(milliseconds: Int32) {
    wait(for: signalsNumber, signalsNumber < 0 ? min(milliseconds, 20) : milliseconds)
  }

  /// Waits until a descriptor is readable, or with -1 for none, so many milliseconds at most. Of the calls that
  /// wait one is enough: a profile may allow no more than what it was recorded with. Only where all of them are
  /// refused does it come back at once.
  ///
  /// The corresponding C function is `poll`.
  @inline(never) static func wait(for number: Int32, _ milliseconds: Int32) {
    var item = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    if poll(&item, 1, milliseconds) >= 0 || Errno.last.isInterrupted { return }
    let short = min(milliseconds, 10)
    var time = timespec(tv_sec: 0, tv_nsec: Int(short) &* 1_000_000)
    if nanosleep(&time, nil) == 0 { return }
    var event = epoll_event()
    let nothing = epoll_create1(linux_EPOLL_CLOEXEC)
    _ = epoll_wait(nothing, &event, 1, short)
    _ = close(nothing)
  }

  /// The next signal, without the loop; nil where none is waiting, or it is drainit's own doing.
  ///
  /// The corresponding C functions are `read` and, where there is no queue, `sigtimedwait`.
  @inline(never) static func nextAlone() -> ReceivedSignal? {
    var record = signalfd_siginfo()
    let number = signalsNumber
    switch withUnsafeMutableBytes(of: &record, { SystemCall.read(number, into: $0) }) {
    case .bytes:
      let received = ReceivedSignal(record)
      return received.isFromProcess && received.senderPID == getpid() ? nil : received
    case .failed(Errno(EBADF)):
      // A life that could not begin has closed it.
      signalsNumber = -1
      return pending()
    default:
      return FaultSignals.next(in: faultsNumber)
    }
  }

  private static func pending() -> ReceivedSignal? {
    // Not the SIGPIPE of a line that nobody reads.
    var set = blocked.bits & ~(1 << UInt64(SIGPIPE - 1))
    var record = siginfo_t()
    var time = timespec()
    let number = withUnsafePointer(to: &time) { time in
      withUnsafeMutablePointer(to: &record) { record in
        withUnsafeMutablePointer(to: &set) {
          linux_syscall(
            Int(SYS_rt_sigtimedwait), Int(bitPattern: $0), Int(bitPattern: record),
            Int(bitPattern: time), MemoryLayout<UInt64>.size, 0, 0)
        }
      }
    }
    return number > 0 ? ReceivedSignal(&record) : nil
  }
}
