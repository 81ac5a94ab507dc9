/// What the name servers have said of a host, and whether more is to be waited for.
///
/// All are asked at once for both kinds of address. What one server does not know another may: a
/// public one knows nothing of a private network's names, and is often faster. But who is dead must
/// not delay what is known already.
public struct NameLookup: ~Copyable {
  /// How long the other kind of address is waited for where one is known (RFC 8305, section 3).
  private static var patience: Interval { .milliseconds(50) }
  /// How long another server is waited for where one has said that there is no address: less than a
  /// check's usual second, and only once, since who was silent then is not waited for again.
  private static var doubt: Interval { .milliseconds(400) }

  /// When it is over, whoever is still silent.
  public private(set) var limit = Instant.never
  private var first = Question(.a)
  private var second = Question(.aaaa)
  /// The servers, a bit each; those that are waited for; those that have ever answered.
  private let all: UInt8
  private var awaited: UInt8
  private var heard: UInt8 = 0

  /// Of the first eight servers.
  public init(servers: Int) {
    all = UInt8(truncatingIfNeeded: (1 << min(max(servers, 0), 8)) &- 1)
    awaited = all
  }

  /// Begins to look for a name, as the last was not found; false where it is none.
  public mutating func begin(_ name: Span<UInt8>, number: UInt16) -> Bool {
    awaited = heard == 0 ? all : heard
    limit = .never
    first = Question(.a)
    second = Question(.aaaa)
    return DNSMessage.query(name, .a, number: number, into: &first.query)
      && DNSMessage.query(name, .aaaa, number: number ^ 1, into: &second.query)
  }

  /// Hands out each query that is still to be sent.
  public func forEachQuery(_ send: (UnsafeRawBufferPointer) -> Void) {
    if !first.isFound { first.query.withBytes { send($0) } }
    if !second.isFound { second.query.withBytes { send($0) } }
  }

  /// Takes a datagram.
  public mutating func take(_ datagram: Span<UInt8>, from server: Int, at now: Instant) {
    let bit = mask(server)
    let one = first.take(datagram, bit)
    let other = second.take(datagram, bit)
    if one == .unrelated && other == .unrelated { return }
    heard |= bit
    if one == .noName || other == .noName {
      first.denied |= bit
      second.denied |= bit
    }
    if first.isFound || second.isFound {
      limit = min(limit, now + NameLookup.patience)
    } else if first.denied != 0 && second.denied != 0 {
      limit = min(limit, now + NameLookup.doubt)
    }
  }

  /// Notes that a server is not there.
  public mutating func fail(_ server: Int) {
    first.failed |= mask(server)
    second.failed |= mask(server)
  }

  /// Whether nothing more is to be waited for.
  public var isOver: Bool {
    // Who has the name has told of both kinds.
    if first.finder & second.denied != 0 || second.finder & first.denied != 0 { return true }
    return first.isOver(awaited) && second.isOver(awaited)
  }

  /// What was found, IPv4 before IPv6.
  public var addresses: AddressList {
    var list = first.list
    for index in 0..<second.list.count {
      if let address = second.list[index] { list.append(address) }
    }
    return list
  }

  private func mask(_ server: Int) -> UInt8 { server >= 0 && server < 8 ? 1 << UInt8(server) : 0 }
}

/// What is asked for one kind of address, and what has come of it.
private struct Question: ~Copyable {
  var query = ByteBuffer(capacity: DNSMessage.longestQuery)
  private(set) var list = AddressList()
  /// The server that has told the addresses, those that know of none, and those that cannot tell.
  private(set) var finder: UInt8 = 0
  var denied: UInt8 = 0
  var failed: UInt8 = 0
  private let record: DNSRecord

  init(_ record: DNSRecord) { self.record = record }

  var isFound: Bool { finder != 0 }

  /// Whether it is answered, or none of the servers that are waited for can.
  func isOver(_ awaited: UInt8) -> Bool { isFound || (denied | failed) & awaited == awaited }

  mutating func take(_ datagram: Span<UInt8>, _ server: UInt8) -> DNSAnswer {
    if isFound { return .unrelated }
    var found = list
    let answer = DNSMessage.read(datagram, answering: query.bytes, record, into: &found)
    list = found
    switch answer {
    case .final where list.count > 0: finder = server
    case .final: denied |= server
    case .failed: failed |= server
    case .noName, .unrelated: break
    }
    return answer
  }
}
