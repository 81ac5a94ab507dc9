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
    signalsNumber = descriptor.number
    self.descriptor = descriptor
    originalMask = known ?? SignalSet(bits: original)
    ownPID = getpid()
  }

  /// The descriptor to watch: readable when a signal is waiting.
  public var number: Int32 { descriptor.number }

  /// All but the seven fault signals; the kernel leaves SIGKILL and SIGSTOP out by itself.
  public static var blocked: SignalSet { SignalSet(bits: ~FaultSignals.all.bits) }

  /// How many the last read came to.
  private var signalsRead = 0
  /// How many reads may come to nothing before nothing is waiting, whatever the reason: where a descriptor is
  /// watched by edges no event comes again for what a failed read has left.
  private var tries = 0

  /// Whether signals may be waiting: the descriptor has told of some, and no read has come to the last of
  /// them.
  public var mayHaveMore: Bool { tries > 0 }

  /// Notes that the descriptor is readable. It is to be watched by edges: a look whether it still is costs
  /// every turn as much as a call.
  public mutating func becomeReadable() { tries = 2 }

  /// The next signal, or nil when none is waiting.
  ///
  /// Two are read at once: one alone says that no more are waiting, without another call.
  /// Each stays in hand until what it led to is remembered: a fault before that puts it back among the
  /// pending. What drainit brought about itself is left out: the SIGPIPE of a log line that nobody reads,
  /// the SIGTSTP with which it stops as a job.
  public mutating func next() -> ReceivedSignal? {
    while true {
      SignalQueue.passedOn()
      placeInHand &+= 1
      if placeInHand >= signalsRead && !readMore() { return nil }
      let received = withSignalInHand { record in
        let received = ReceivedSignal(record.pointee)
        // Put back once already: were it what brought drainit down, it would do so for ever.
        if record.pointee.ssi_errno != 0 { record.pointee.ssi_signo = 0 }
        return received
      }
      if received.isFromProcess && received.senderPID == ownPID { continue }
      return received
    }
  }

  @inline(never) private mutating func readMore() -> Bool {
    let size = MemoryLayout<signalfd_siginfo>.size
    // Both are empty before the call: from then on what the kernel fills in is in hand.
    signalsInHand.0.ssi_signo = 0
    signalsInHand.1.ssi_signo = 0
    placeInHand = 0
    signalsRead = 0
    if tries == 0 { return false }
    tries &-= 1
    let number = descriptor.number
    let result = withUnsafeMutableBytes(of: &signalsInHand) { SystemCall.read(number, into: $0) }
    if case .bytes(let count) = result { signalsRead = count / size }
    if signalsRead == 0 { return false }
    // As many as there is room for: there may be more.
    tries = signalsRead == MemoryLayout.size(ofValue: signalsInHand) / size ? 2 : 0
    return true
  }
}

extension SignalQueue {
  /// Notes that the signal in hand has been passed on.
  public static func passedOn() { withSignalInHand { $0.pointee.ssi_signo = 0 } }
}

// What the handler of a fault needs, and it has no other way to be given it: the signals that were read,
// and which of them is being dealt with; number 0 for one that has been.
nonisolated(unsafe) var signalsInHand = (signalfd_siginfo(), signalfd_siginfo())
nonisolated(unsafe) var placeInHand = 0

private func withSignalInHand<Result>(
  _ body: (UnsafeMutablePointer<signalfd_siginfo>) -> Result
) -> Result {
  withUnsafeMutablePointer(to: &signalsInHand) {
    let first = UnsafeMutableRawPointer($0).assumingMemoryBound(to: signalfd_siginfo.self)
    return body(first + min(max(placeInHand, 0), 1))
  }
}

/// Puts the signals in hand back among the pending ones. For the handler of a fault.
///
/// The corresponding C function is `sigqueue`; a process may send itself any code (rt_sigqueueinfo(2)).
func putBackSignalsInHand() {
  // The one that is being dealt with is marked, and those behind it have nothing to do with the fault.
  var mark: Int32 = 1
  while placeInHand < 2 {
    withSignalInHand { putBack(ReceivedSignal($0.pointee), mark) }
    mark = 0
    placeInHand &+= 1
  }
}

private func putBack(_ received: ReceivedSignal, _ mark: Int32) {
  if received.signal.number == 0 { return }
  var record = siginfo_t()
  linux_si_fill(
    &record, received.signal.number, received.code, received.senderPID, received.senderUID,
    received.value)
  record.si_errno = mark
  withUnsafePointer(to: &record) {
    _ = linux_syscall(
      Int(SYS_rt_sigqueueinfo), Int(getpid()), Int(received.signal.number), Int(bitPattern: $0),
      0, 0, 0)
  }
}

extension ReceivedSignal {
  /// Takes the facts over as signalfd(2) gives them.
  @inline(never) init(_ record: signalfd_siginfo) {
    self.init(
      signal: Signal(Int32(truncatingIfNeeded: record.ssi_signo)), code: record.ssi_code,
      senderPID: Int32(truncatingIfNeeded: record.ssi_pid), senderUID: record.ssi_uid,
      value: record.ssi_ptr)
  }

  /// Takes the facts over as a signal's handler gets them (sigaction(2)).
  @inline(never) init(_ record: inout siginfo_t) {
    self.init(
      signal: Signal(linux_si_signo(&record)), code: linux_si_code(&record),
      senderPID: linux_si_pid(&record), senderUID: linux_si_uid(&record),
      value: linux_si_value(&record))
  }
}
