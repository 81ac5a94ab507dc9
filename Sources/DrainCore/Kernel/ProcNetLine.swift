/// Walks the words of a line: what lies between blanks.
struct Words {
  private var offset: Int
  private let end: Int

  init(from start: Int, to end: Int) {
    offset = start
    self.end = end
  }

  /// Where the next word lies, or nil at the end of the line.
  mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
    let limit = min(end, bytes.count)
    while offset < limit && isBlank(bytes.byte(offset)) { offset &+= 1 }
    if offset >= limit { return nil }
    let start = offset
    while offset < limit && !isBlank(bytes.byte(offset)) { offset &+= 1 }
    return start..<offset
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}

extension Span where Element == UInt8 {
  /// The number that the bytes spell in `radix` (10 or 16); nil where one is no digit, where there is
  /// none, or beyond 64 bits.
  func number(_ range: Range<Int>, radix: UInt64 = 10) -> UInt64? {
    if range.isEmpty || range.lowerBound < 0 || range.upperBound > count { return nil }
    var number: UInt64 = 0
    for index in range {
      guard let digit = hexadecimalDigit(self[index]), digit < radix else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(digit)
      if overflow || carry { return nil }
      number = sum
    }
    return number
  }

  /// The decimal number that the bytes spell; nil where they spell none.
  public func decimal(_ range: Range<Int>) -> UInt64? { number(range) }

  private func hexadecimalDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte &- UInt8(ascii: "A")) &+ 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte &- UInt8(ascii: "a")) &+ 10
    default: nil
    }
  }
}

extension SocketRow {
  /// Reads one line of /proc/net/tcp, tcp6, udp or udp6; nil for the heading and anything else.
  ///
  /// Source: proc_pid_net(5); get_tcp4_sock() in net/ipv4/tcp_ipv4.c.
  public init?(procNetLine bytes: Span<UInt8>, from start: Int, to end: Int) {
    var words = Words(from: start, to: end)
    _ = words.next(in: bytes)
    guard let local = words.next(in: bytes), let peer = words.next(in: bytes),
      let (localAddress, localPort) = SocketRow.endpoint(bytes, local),
      let (peerAddress, peerPort) = SocketRow.endpoint(bytes, peer),
      let stateWord = words.next(in: bytes), let state = bytes.number(stateWord, radix: 16),
      let queues = words.next(in: bytes), queues.count == 17,
      let waiting = bytes.number(queues.lowerBound &+ 9..<queues.upperBound, radix: 16)
    else { return nil }
    _ = words.next(in: bytes)
    _ = words.next(in: bytes)
    guard let userWord = words.next(in: bytes), let user = bytes.number(userWord),
      words.next(in: bytes) != nil,
      let inodeWord = words.next(in: bytes), let inode = bytes.number(inodeWord)
    else { return nil }
    self.init(
      state: SocketState(UInt8(truncatingIfNeeded: state)), local: localAddress,
      localPort: localPort, peer: peerAddress, peerPort: peerPort,
      receiveQueue: UInt32(truncatingIfNeeded: waiting), user: UInt32(truncatingIfNeeded: user),
      inode: UInt32(truncatingIfNeeded: inode))
  }

  /// Reads `0100007F:1F90`, or the same with an address of 32 digits.
  private static func endpoint(_ bytes: Span<UInt8>, _ word: Range<Int>) -> (IPAddress, UInt16)? {
    let digits = word.count &- 5
    if digits != 8 && digits != 32 || bytes.byte(word.lowerBound &+ digits) != UInt8(ascii: ":") {
      return nil
    }
    var address: UInt128 = digits == 8 ? 0xffff : 0
    for group in 0..<(digits / 8) {
      let start = word.lowerBound &+ group &* 8
      guard let part = bytes.number(start..<start &+ 8, radix: 16) else { return nil }
      // Each 32 bits are printed as a number of the machine's order: little-endian.
      address = address << 32 | UInt128(UInt32(truncatingIfNeeded: part).byteSwapped)
    }
    guard let port = bytes.number(word.upperBound &- 4..<word.upperBound, radix: 16) else {
      return nil
    }
    return (IPAddress(bits: address), UInt16(truncatingIfNeeded: port))
  }
}
