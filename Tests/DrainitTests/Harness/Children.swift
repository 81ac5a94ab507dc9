import CLinux
import DrainCore

@testable import DrainLinux

/// Waits until the child has ended, and reaps it; nil where it does not within 20 s.
func ending(of child: Int32) -> ChildChange.Kind? {
  let end = Clock.now() + .seconds(20)
  while Clock.now() < end {
    if case .change(let change) = Reaper.next(child) {
      switch change.kind {
      case .exited, .killed: return change.kind
      case .stopped, .continued, .trapped: break
      }
    }
    usleep(1000)
  }
  return nil
}

/// Ends a child and reaps it, if nobody has: one that nobody reaps keeps whoever waits for any child busy.
func end(of child: Int32) {
  _ = kill(child, SIGKILL)
  _ = waitpid(child, nil, 0)
}

/// A signal as it has reached a `Recipient`.
struct Receipt: Equatable, BitwiseCopyable {
  var number: Int32 = 0
  var code: Int32 = 0
  var sender: Int32 = 0
  var value: UInt64 = 0
}

/// A child that waits for a signal, of which it writes down what came with it. To be made aside: it has the
/// thread's mask, in which all are blocked.
final class Recipient {
  let pid: Int32
  private let outlet: Outlet

  /// - Parameter group: the group that it joins; 0 for one of its own.
  init(in group: Int32 = 0) throws {
    outlet = try Outlet()
    pid = Recipient.fork(outlet.end)
    if pid < 0 { throw Errno.last }
    _ = setpgid(pid, group)
  }

  private static func fork(_ number: Int32) -> Int32 {
    let child = linux_fork()
    if child != 0 { return child }
    var record = siginfo_t()
    var set = SignalQueue.blocked.bits
    _ = linux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
    _ = withUnsafeMutablePointer(to: &set) { set in
      withUnsafeMutablePointer(to: &record) {
        linux_syscall(
          Int(SYS_rt_sigtimedwait), Int(bitPattern: set), Int(bitPattern: $0), 0, 8, 0, 0)
      }
    }
    var receipt = Receipt(
      number: linux_si_signo(&record), code: linux_si_code(&record), sender: linux_si_pid(&record),
      value: 0)
    if receipt.code == ReceivedSignal.sentByQueue { receipt.value = linux_si_value(&record) }
    _ = write(number, &receipt, MemoryLayout<Receipt>.size)
    _exit(0)
  }

  /// What has reached it, once it has ended.
  func receipt() -> Receipt? {
    guard ending(of: pid) == .exited(0) else { return nil }
    var receipt = Receipt()
    let bytes = Array(outlet.bytes())
    guard bytes.count == MemoryLayout<Receipt>.size else { return nil }
    withUnsafeMutableBytes(of: &receipt) { $0.copyBytes(from: bytes) }
    return receipt
  }

  deinit { end(of: pid) }
}
