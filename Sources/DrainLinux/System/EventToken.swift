/// What the loop hands back with a ready descriptor: which part of drainit it belongs to.
///
/// It fits epoll's 64 bits. The generation tells a slot's present descriptor from one that was
/// closed earlier in the same batch of events: a stale event names the older generation.
public struct EventToken: Equatable, BitwiseCopyable, Sendable {
  let bits: UInt64

  /// Makes a token; only the generation's lower 24 bits count.
  public init(kind: UInt8, slot: UInt32 = 0, generation: UInt32 = 0) {
    bits = UInt64(kind) << 56 | UInt64(generation & 0xff_ffff) << 32 | UInt64(slot)
  }

  init(bits: UInt64) { self.bits = bits }

  /// The part of drainit, as the caller numbers them.
  public var kind: UInt8 { UInt8(truncatingIfNeeded: bits >> 56) }
  /// Which of that part's descriptors.
  public var slot: UInt32 { UInt32(truncatingIfNeeded: bits) }
  /// Which of the descriptors that the slot has held, modulo 2^24.
  public var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) & 0xff_ffff }
}
