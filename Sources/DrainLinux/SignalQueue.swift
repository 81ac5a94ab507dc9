import CLinux
import DrainCore

/// Every signal that reaches drainit, one after another, as values (signalfd(2)).
///
/// Signals are blocked before the app is started, so that none is lost in between. The seven that
/// say a program is at fault stay unblocked, since a blocked fault is death; those come by
/// `FaultSignals`.
public struct SignalQueue: ~Copyable {
  /// The mask that drainit was started with, for its children.
  public let originalMask: SignalSet

  private let descriptor: FileDescriptor
  private let ownPID: Int32

  /// Blocks the signals and opens the queue.
  ///
  /// By the raw calls, which know 64 signals: the C library's leave 32 to 34 out.
  ///
  /// - Parameter known: the mask of the first start, where drainit has come back; nil takes it over.
  public init(originalMask known: SignalSet? = nil) throws(Errno) {
    var blocked = SignalQueue.blocked.bits
    var original: UInt64 = 0
    if linux_sigprocmask(linux_SIG_SETMASK, &blocked, &original) == -1 { throw Errno.last }
    let number = withUnsafePointer(to: &blocked) {
      linux_syscall(
        Int(SYS_signalfd4), -1, Int(bitPattern: $0), MemoryLayout<UInt64>.size,
        Int(linux_SFD_NONBLOCK | linux_SFD_CLOEXEC), 0, 0)
    }
    guard let descriptor = FileDescriptor(owning: Int32(truncatingIfNeeded: number)) else {
      throw Errno.last
    }
    self.descriptor = descriptor
    originalMask = known ?? SignalSet(bits: original)
    ownPID = getpid()
  }

  /// The descriptor to watch: readable when a signal is waiting.
  public var number: Int32 { descriptor.number }

  /// All but the seven fault signals; the kernel leaves SIGKILL and SIGSTOP out by itself.
  public static var blocked: SignalSet { SignalSet(bits: ~FaultSignals.all.bits) }

  /// The next signal, or nil when none is waiting; epoll tells again while any is left.
  ///
  /// It stays in hand until what it led to is remembered: a fault before that puts it back among the
  /// pending. What drainit brought about itself is left out: the SIGPIPE of a log line that nobody reads,
  /// the SIGTSTP with which it stops as a job.
  public func next() -> ReceivedSignal? {
    while true {
      signalInHand = signalfd_siginfo()
      let number = descriptor.number
      let result = withUnsafeMutableBytes(of: &signalInHand) {
        SystemCall.read(number, into: $0)
      }
      guard case .bytes(MemoryLayout<signalfd_siginfo>.size) = result else {
        signalInHand.ssi_signo = 0
        return nil
      }
      let received = ReceivedSignal(signalInHand)
      // Put back once already: were it what brought drainit down, it would do so for ever.
      if signalInHand.ssi_errno != 0 { signalInHand.ssi_signo = 0 }
      if received.isFromProcess && received.senderPID == ownPID { continue }
      return received
    }
  }
}

extension SignalQueue {
  /// Notes that the signal in hand has been passed on.
  public static func passedOn() { signalInHand.ssi_signo = 0 }
}

// What the handler of a fault needs, and it has no other way to be given it: the signal that was read and
// not dealt with yet; number 0 for none.
nonisolated(unsafe) var signalInHand = signalfd_siginfo()

/// Puts the signal in hand back among the pending ones. For the handler of a fault.
///
/// The corresponding C function is `sigqueue`; a process may send itself any code (rt_sigqueueinfo(2)).
func putBackSignalInHand() {
  let received = ReceivedSignal(signalInHand)
  if received.signal.number == 0 { return }
  var record = siginfo_t()
  linux_si_fill(
    &record, received.signal.number, received.code, received.senderPID, received.senderUID,
    received.value)
  record.si_errno = 1
  withUnsafePointer(to: &record) {
    _ = linux_syscall(
      Int(SYS_rt_sigqueueinfo), Int(getpid()), Int(received.signal.number), Int(bitPattern: $0),
      0, 0, 0)
  }
}

extension ReceivedSignal {
  /// Takes the facts over as signalfd(2) gives them.
  init(_ record: signalfd_siginfo) {
    self.init(
      signal: Signal(Int32(truncatingIfNeeded: record.ssi_signo)), code: record.ssi_code,
      senderPID: Int32(truncatingIfNeeded: record.ssi_pid), senderUID: record.ssi_uid,
      value: record.ssi_ptr)
  }

  /// Takes the facts over as a signal's handler gets them (sigaction(2)).
  init(_ record: inout siginfo_t) {
    self.init(
      signal: Signal(linux_si_signo(&record)), code: linux_si_code(&record),
      senderPID: linux_si_pid(&record), senderUID: linux_si_uid(&record),
      value: linux_si_value(&record))
  }
}
