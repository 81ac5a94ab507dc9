// The kernel's binary tables are in the machine's own byte order, which is little-endian on amd64 and
// arm64; what comes from the wire (ports, addresses) stays in network order. A read beyond the end
// gives 0: whoever parses checks the length first, and nothing that the kernel sends can trap us.
extension Span where Element == UInt8 {
  /// The unsigned 16-bit number in host order at `offset`, or 0 where it is not whole.
  @inline(never) func host16(at offset: Int) -> UInt16 {
    guard offset >= 0 && offset <= count &- 2 else { return 0 }
    return bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
  }

  /// The unsigned 32-bit number in host order at `offset`, or 0 where it is not whole.
  @inline(never) func host32(at offset: Int) -> UInt32 {
    guard offset >= 0 && offset <= count &- 4 else { return 0 }
    return bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }

  /// The unsigned 64-bit number in host order at `offset`, or 0 where it is not whole.
  @inline(never) func host64(at offset: Int) -> UInt64 {
    guard offset >= 0 && offset <= count &- 8 else { return 0 }
    return bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// The unsigned 16-bit number in network order at `offset`, or 0 where it is not whole.
  func network16(at offset: Int) -> UInt16 { host16(at: offset).bigEndian }

  /// The byte at `offset`, or 0 where there is none.
  func byte(_ offset: Int) -> UInt8 {
    offset >= 0 && offset < count ? self[offset] : 0
  }
}
