import CLinux
import DrainCore

/// The seven signals that say a program is at fault, which cannot be blocked and read like others.
///
/// A handler on a stack of its own tells the two kinds apart: one that somebody sent is queued, to
/// be forwarded like any other; a fault of drainit's own is acted on.
public struct FaultSignals: ~Copyable {
  private let pipe: Pipe

  /// SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
  public static var all: SignalSet {
    var set = SignalSet()
    set.insert(.ill)
    set.insert(.trap)
    set.insert(.abrt)
    set.insert(.bus)
    set.insert(.fpe)
    set.insert(.segv)
    set.insert(.sys)
    return set
  }

  /// Installs the handler, and notes in `dispositions` what was there before.
  public init(replacing dispositions: inout Dispositions) throws(Errno) {
    let pipe = try Pipe()
    if dispositions.changed == SignalSet() { dispositions = firstDispositions }
    try FaultSignals.arm(&dispositions)
    faultWriter = pipe.writer.number
    faultsNumber = pipe.reader.number
    self.pipe = pipe
  }

  /// Installs the handler before anything else is done. At a fault of drainit's own it calls `comesBack`; where
  /// that returns, since nothing lies ready, it is an end with 125 and a reason: memory refused in the start for
  /// one.
  public static func arm(_ comesBack: @escaping @convention(c) (_ signal: Int32) -> Void) {
    do { try arm(&firstDispositions) } catch {}
    whatComesBack = comesBack
    givesReason = true
  }

  private static func arm(_ dispositions: inout Dispositions) throws(Errno) {
    if faultOwner == 0 {
      var stack = stack_t()
      stack.ss_sp = linux_fault_stack()
      stack.ss_size = Int(linux_fault_stack_bytes)
      if sigaltstack(&stack, nil) == -1 { throw Errno.last }
    }
    faultOwner = getpid()
    let original = try KernelAction(installedFor: .ill)
    let action = try KernelAction(handler: { handleFault($0, $1, $2) }, for: .ill)
    try original.install(for: .ill)
    var rest = FaultSignals.all.bits
    while rest != 0 {
      let signal = Signal(Int32(truncatingIfNeeded: rest.trailingZeroBitCount) &+ 1)
      rest &= rest &- 1
      try dispositions.change(signal, to: action)
    }
  }

  /// The descriptor to watch: readable when somebody has sent one of the seven.
  public var number: Int32 { pipe.reader.number }
  /// The handler's own end, for whoever closes what drainit does not need.
  public var handlerNumber: Int32 { pipe.writer.number }

  /// The next of the seven that somebody sent, or nil when none is waiting.
  public borrowing func next() -> ReceivedSignal? { FaultSignals.next(in: pipe.reader.number) }

  @inline(never) static func next(in reader: Int32) -> ReceivedSignal? {
    var record = siginfo_t()
    let size = MemoryLayout<siginfo_t>.size
    let result = withUnsafeMutableBytes(of: &record) { SystemCall.read(reader, into: $0) }
    guard case .bytes(size) = result else { return nil }
    return ReceivedSignal(&record)
  }
}

// What the handler needs, and it has no other way to be given it.
nonisolated(unsafe) private var faultWriter: Int32 = -1
nonisolated(unsafe) private var faultOwner: Int32 = 0
nonisolated(unsafe) private var firstDispositions = Dispositions()
nonisolated(unsafe) private var givesReason = false
nonisolated(unsafe) private var whatComesBack: (@convention(c) (Int32) -> Void)?

/// The handler. It runs at any moment: system calls alone, and errno is put back.
private func handleFault(
  _ number: Int32, _ record: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
) {
  let error = linux_errno()
  // A profile that answers a call so refuses it: no fault of drainit's, which goes on as after any refusal.
  if number == SIGSYS, let record, let context, linux_si_code(record) == linux_SYS_SECCOMP {
    return linux_refuse_call(context, EPERM)
  }
  // abort(3) sends SIGABRT to itself: that is a fault of our own, whatever si_code says.
  if let record, linux_si_code(record) <= 0, linux_si_pid(record) != faultOwner,
    getpid() == faultOwner
  {
    // A full pipe drops it, as the kernel drops a signal that is already pending.
    _ = write(faultWriter, record, MemoryLayout<siginfo_t>.size)
  } else {
    // A child between fork and exec has the handler still: its fault is its own.
    if getpid() == faultOwner {
      whatComesBack?(number)
      if givesReason {
        leaveWords(
          "no memory, or a fault of its own: cannot go on", isWhyItEnds: faultOwner == 1)
        _exit(Int32(Lifecycle.ownFailure))
      }
    }
    endByDefault(number)
  }
  linux_set_errno(error)
}

/// Where there is no second life: ends the process as a program without a handler ends: the signal
/// is blocked until the handler returns, and then either this one is delivered or the fault happens
/// again.
private func endByDefault(_ number: Int32) {
  _ = try? KernelAction().install(for: Signal(number))
  // Not raise(3): in a child that shares our memory the C library would still name our thread.
  _ = kill(getpid(), number)
}
