/// What a host is asked for (RFC 1035, section 3.2.2; RFC 3596).
public enum DNSRecord: UInt16, Sendable {
  case a = 1
  case aaaa = 28
}

/// What a datagram from a name server says.
public enum DNSAnswer: Equatable, BitwiseCopyable, Sendable {
  /// It has addresses, or says that there are none of this kind.
  case final
  /// There is no such name, for either kind of address.
  case noName
  /// The server cannot tell.
  case failed
  /// It is no answer to this query.
  case unrelated
}

/// Queries and answers of the domain name system, as far as a host's addresses need them.
public enum DNSMessage {
  /// The longest query: the header, a name of 255 bytes, type and class.
  public static var longestQuery: Int { 12 &+ 255 &+ 4 }
  /// The longest answer over UDP (RFC 1035, section 4.2.1): no more is asked for.
  public static var longestAnswer: Int { 512 }

  /// Makes a query; false where the name is none: labels have 1 to 63 bytes, a name 253.
  public static func query(
    _ name: Span<UInt8>, _ record: DNSRecord, number: UInt16, into query: inout ByteBuffer
  ) -> Bool {
    query.removeAll()
    query.append(network: number)
    // A recursive query with one question.
    let head: StaticString = "\u{1}\0\0\u{1}\0\0\0\0\0\0"
    query.append(head)
    var start = 0
    while start < name.count {
      let end = name.index(of: UInt8(ascii: "."), from: start) ?? name.count
      let length = end &- start
      if length < 1 || length > 63 || end > 253 { return false }
      query.append(UInt8(truncatingIfNeeded: length))
      query.append(name.cut(start, end))
      start = end &+ 1
    }
    query.append(0)
    query.append(network: record.rawValue)
    query.append(network: 1)
    return name.count > 0
  }

  /// Reads a datagram; the addresses that answer the query are appended.
  public static func read(
    _ datagram: Span<UInt8>, answering query: Span<UInt8>, _ record: DNSRecord,
    into list: inout AddressList
  ) -> DNSAnswer {
    // The same number, the answer's bit, one question, and the question is ours (RFC 5452).
    guard query.count > 12, datagram.count >= query.count,
      datagram.network16(at: 0) == query.network16(at: 0), datagram.byte(2) & 0x80 != 0,
      datagram.network16(at: 4) == 1,
      isSame(datagram.cut(12, query.count), query.from(12))
    else { return .unrelated }
    switch datagram.byte(3) & 0x0f {
    case 0: break
    case 3: return .noName
    default: return .failed
    }
    var offset = query.count
    for _ in 0..<datagram.network16(at: 6) {
      skipName(datagram, &offset)
      let length = Int(datagram.network16(at: offset &+ 8))
      let start = offset &+ 10
      // One that was cut short has what came before.
      if start &+ length > datagram.count { break }
      let isV4 = record == .a
      if datagram.network16(at: offset) == record.rawValue,
        datagram.network16(at: offset &+ 2) == 1, length == (isV4 ? 4 : 16)
      {
        list.append(IPAddress(network: datagram, at: start, isV4: isV4))
      }
      offset = start &+ length
    }
    return .final
  }

  /// Passes over a name: labels, and at its end a zero or a pointer, which is not followed.
  private static func skipName(_ datagram: Span<UInt8>, _ offset: inout Int) {
    while offset < datagram.count {
      let length = datagram.byte(offset)
      if length == 0 {
        offset &+= 1
        return
      }
      if length >= 0xc0 {
        offset &+= 2
        return
      }
      offset &+= 1 &+ Int(length)
    }
  }
}

extension ByteBuffer {
  /// Appends a number of 16 bits in network order.
  fileprivate mutating func append(network number: UInt16) {
    append(UInt8(truncatingIfNeeded: number >> 8))
    append(UInt8(truncatingIfNeeded: number))
  }
}
