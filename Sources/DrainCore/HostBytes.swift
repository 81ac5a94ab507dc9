// The kernel's binary tables are in the machine's own byte order, which is little-endian on amd64 and
// arm64; what comes from the wire (ports, addresses) stays in network order. A read beyond the end
// gives 0: whoever parses checks the length first, and nothing that the kernel sends can trap us.
extension Span where Element == UInt8 {
  /// The unsigned 16-bit number in host order at `offset`, or 0 where it is not whole.
  func host16(at offset: Int) -> UInt16 {
    UInt16(byte(offset)) | UInt16(byte(offset &+ 1)) << 8
  }

  /// The unsigned 32-bit number in host order at `offset`, or 0 where it is not whole.
  func host32(at offset: Int) -> UInt32 {
    UInt32(host16(at: offset)) | UInt32(host16(at: offset &+ 2)) << 16
  }

  /// The unsigned 64-bit number in host order at `offset`, or 0 where it is not whole.
  func host64(at offset: Int) -> UInt64 {
    UInt64(host32(at: offset)) | UInt64(host32(at: offset &+ 4)) << 32
  }

  /// The unsigned 16-bit number in network order at `offset`, or 0 where it is not whole.
  func network16(at offset: Int) -> UInt16 {
    UInt16(byte(offset)) << 8 | UInt16(byte(offset &+ 1))
  }

  /// The byte at `offset`, or 0 where there is none.
  func byte(_ offset: Int) -> UInt8 {
    offset >= 0 && offset < count ? self[offset] : 0
  }
}
