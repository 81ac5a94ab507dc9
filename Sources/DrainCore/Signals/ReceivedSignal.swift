/// One signal as it reached drainit: which, and all that the kernel says about where it came from.
public struct ReceivedSignal: Equatable, BitwiseCopyable, Sendable {
  public var signal: Signal
  /// `si_code`: how it was sent (sigaction(2)).
  public var code: Int32
  /// The sender's pid in drainit's own PID namespace; 0 for a sender outside of it, or the kernel.
  public var senderPID: Int32
  /// The sender's real user id.
  public var senderUID: UInt32
  /// The value that came with it (sigqueue(3)), all 64 bits of the pointer.
  public var value: UInt64

  public init(
    signal: Signal, code: Int32 = ReceivedSignal.sentByKill, senderPID: Int32 = 0,
    senderUID: UInt32 = 0, value: UInt64 = 0
  ) {
    self.signal = signal
    self.code = code
    self.senderPID = senderPID
    self.senderUID = senderUID
    self.value = value
  }

  /// SI_USER: kill(2).
  public static var sentByKill: Int32 { 0 }
  /// SI_QUEUE: sigqueue(3), which carries a value.
  public static var sentByQueue: Int32 { -1 }

  /// Whether a process sent it, rather than the kernel for a reason of its own.
  public var isFromProcess: Bool { code <= 0 }

  /// Whether it came with a value that is to be passed on.
  public var hasValue: Bool { code == ReceivedSignal.sentByQueue }
}
