/// A signal by its number, as Linux numbers them on amd64 and arm64 (signal(7)).
public struct Signal: Equatable, BitwiseCopyable, Sendable {
  /// The signal's number, 1 to 64; 0 is "no signal".
  public let number: Int32

  /// Makes a signal of a number; whether it exists is `isValid`.
  public init(_ number: Int32) { self.number = number }

  /// Whether the kernel has a signal of that number.
  public var isValid: Bool { number >= 1 && number <= 64 }

  public static var none: Signal { Signal(0) }
  public static var hup: Signal { Signal(1) }
  public static var int: Signal { Signal(2) }
  public static var quit: Signal { Signal(3) }
  public static var ill: Signal { Signal(4) }
  public static var trap: Signal { Signal(5) }
  public static var abrt: Signal { Signal(6) }
  public static var bus: Signal { Signal(7) }
  public static var fpe: Signal { Signal(8) }
  public static var kill: Signal { Signal(9) }
  public static var usr1: Signal { Signal(10) }
  public static var segv: Signal { Signal(11) }
  public static var usr2: Signal { Signal(12) }
  public static var term: Signal { Signal(15) }
  public static var stkflt: Signal { Signal(16) }
  public static var chld: Signal { Signal(17) }
  public static var cont: Signal { Signal(18) }
  public static var stop: Signal { Signal(19) }
  public static var tstp: Signal { Signal(20) }
  public static var ttin: Signal { Signal(21) }
  public static var ttou: Signal { Signal(22) }
  public static var urg: Signal { Signal(23) }
  public static var winch: Signal { Signal(28) }
  public static var sys: Signal { Signal(31) }
  /// The first real-time signal as glibc and systemd count; musl says 35, the kernel 32.
  public static var rtmin: Signal { Signal(34) }
  public static var rtmax: Signal { Signal(64) }
}

/// A set of signals, one bit each, as the kernel's own masks are (bit n-1 is signal n).
public struct SignalSet: Equatable, BitwiseCopyable, Sendable {
  /// The kernel's representation.
  public var bits: UInt64

  public init(bits: UInt64 = 0) { self.bits = bits }

  /// Whether the signal is in the set.
  public func contains(_ signal: Signal) -> Bool { bits & SignalSet.bit(signal) != 0 }
  /// Adds the signal; one that does not exist is ignored.
  public mutating func insert(_ signal: Signal) { bits |= SignalSet.bit(signal) }
  /// Whether nothing is in it.
  public var isEmpty: Bool { bits == 0 }

  private static func bit(_ signal: Signal) -> UInt64 {
    signal.isValid ? 1 << UInt64(signal.number &- 1) : 0
  }
}
