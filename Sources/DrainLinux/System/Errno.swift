import CLinux

/// The reason a system call gave for not doing its work (errno(3)).
public struct Errno: Error, Equatable, BitwiseCopyable, Sendable {
  /// The number; 0 is "no error".
  public let number: Int32

  public init(_ number: Int32) { self.number = number }

  /// The calling thread's last error.
  public static var last: Errno { Errno(linux_errno()) }

  /// Whether the call was interrupted and is to be made again.
  public var isInterrupted: Bool { number == EINTR }

  /// Whether the call would have to wait: the descriptor's next readiness says when to come back.
  public var isWouldBlock: Bool { number == EAGAIN || number == EWOULDBLOCK }

  /// Whether the error can only be a mistake of drainit's own.
  public var isOurMistake: Bool { number == EBADF || number == EFAULT || number == EINVAL }
}
