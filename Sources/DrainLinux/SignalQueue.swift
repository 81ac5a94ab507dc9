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
  private var batch = InlineArray<8, signalfd_siginfo>(repeating: signalfd_siginfo())
  private var count = 0
  private var position = 0

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

  /// The next signal, or nil when none is waiting.
  ///
  /// What drainit brought about itself is left out: the SIGPIPE of a log line that nobody reads, the
  /// SIGTSTP with which it stops as a job.
  public mutating func next() -> ReceivedSignal? {
    while true {
      if position == count && !readBatch() { return nil }
      let received = ReceivedSignal(batch[position])
      position &+= 1
      if received.isFromProcess && received.senderPID == ownPID { continue }
      return received
    }
  }

  /// Reads as many as are waiting, eight at most. After a read that was not full the next is asked
  /// for by epoll, which tells again while any is left.
  private mutating func readBatch() -> Bool {
    if count > 0 && count < batch.count {
      count = 0
      position = 0
      return false
    }
    position = 0
    count = 0
    let number = descriptor.number
    var span = batch.mutableSpan
    let result = span.withUnsafeMutableBytes { SystemCall.read(number, into: $0) }
    if case .bytes(let length) = result {
      count = length / MemoryLayout<signalfd_siginfo>.stride
    }
    return count > 0
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
