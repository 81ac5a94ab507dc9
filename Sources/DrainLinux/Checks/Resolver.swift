import CLinux
import DrainCore

/// Asks for a host's addresses, as getaddrinfo(3) does: /etc/hosts, then the name servers of
/// /etc/resolv.conf, all at once, under each name that its `search` makes.
///
/// libc's own is a tenth of what drainit may weigh, and reads hostile bytes in C. This one is UDP alone:
/// an answer that was cut short has more addresses than would be tried.
///
/// It blocks, and is called in a child.
enum Resolver {
  // /etc/hosts may be long where it blocks advertisers; beyond, it is not read.
  private static var fileRoom: Int { 64 << 10 }
  private static var port: UInt16 { 53 }

  /// The addresses of a name, IPv4 before IPv6, or the address that it is; none where it has none or nobody tells.
  static func addresses(of name: [UInt8]) -> AddressList {
    if let address = IPAddress(parsing: name.span) {
      var list = AddressList()
      list.append(address)
      return list
    }
    var text = ByteBuffer(capacity: fileRoom)
    read("/etc/hosts", into: &text)
    let listed = HostsFile.addresses(of: name.span, in: text.bytes)
    if listed.count > 0 { return listed }
    read("/etc/resolv.conf", into: &text)
    let configuration = ResolverConfiguration(text.bytes)
    var index = 0
    while let candidate = configuration.candidate(index, of: name) {
      let found = ask(candidate.span, configuration)
      if found.count > 0 { return found }
      index &+= 1
    }
    return AddressList()
  }

  private static func read(_ path: StaticString, into text: inout ByteBuffer) {
    text.removeAll()
    guard let file = try? SystemCall.open(path, O_RDONLY) else { return }
    let number = file.number
    var isMore = true
    while isMore {
      isMore = false
      text.fill {
        if $0.isEmpty { return 0 }
        guard case .bytes(let count) = SystemCall.read(number, into: $0) else { return 0 }
        isMore = true
        return count
      }
    }
  }

  /// Asks every server for both kinds of address, again every second, until both are known or the time
  /// is over.
  private static func ask(
    _ name: Span<UInt8>, _ configuration: ResolverConfiguration
  ) -> AddressList {
    var number: UInt16 = 0
    _ = withUnsafeMutableBytes(of: &number) { getrandom($0.baseAddress, $0.count, 0) }
    var first = Question(.a)
    var second = Question(.aaaa)
    guard DNSMessage.query(name, .a, number: number, into: &first.query),
      DNSMessage.query(name, .aaaa, number: number ^ 1, into: &second.query)
    else { return AddressList() }
    var loop: EventLoop
    do { loop = try EventLoop() } catch { return AddressList() }
    let sockets = connect(configuration.servers, loop)
    let end = Clock.now() + configuration.time
    var again = Clock.now()
    var datagram = ByteBuffer(capacity: DNSMessage.longestAnswer)
    while !(first.isOver(sockets.count) && second.isOver(sockets.count)) {
      let now = Clock.now()
      if now >= end { break }
      if now >= again {
        again = now + .seconds(1)
        for socket in sockets {
          first.send(socket)
          second.send(socket)
        }
      }
      let count = loop.wait(until: again)
      for index in 0..<count {
        let slot = Int(loop[index].token.slot)
        guard slot < sockets.count else { continue }
        receive(sockets[slot], &datagram, &first, &second)
      }
    }
    for socket in sockets { _ = close(socket) }
    for index in 0..<second.list.count {
      if let address = second.list[index] { first.list.append(address) }
    }
    return first.list
  }

  /// One socket a server, connected, so that the kernel drops what others send and tells who is not
  /// there.
  private static func connect(_ servers: AddressList, _ loop: borrowing EventLoop) -> [Int32] {
    var sockets: [Int32] = []
    for index in 0..<servers.count {
      guard let server = servers[index] else { continue }
      let address = SocketAddress(server, port: port)
      let number = socket(
        address.family, linux_SOCK_DGRAM | linux_SOCK_CLOEXEC | linux_SOCK_NONBLOCK, 0)
      if number < 0 { continue }
      let token = EventToken(kind: 0, slot: UInt32(truncatingIfNeeded: sockets.count))
      if address.withPointer({ linux_connect(number, $0, $1) }) == 0,
        (try? loop.add(number, token, .reading)) != nil
      {
        sockets.append(number)
      } else {
        _ = close(number)
      }
    }
    return sockets
  }

  private static func receive(
    _ socket: Int32, _ datagram: inout ByteBuffer, _ first: inout Question,
    _ second: inout Question
  ) {
    switch datagram.receive(from: socket) {
    case .wouldBlock: break
    case .bytes:
      first.take(datagram.bytes)
      second.take(datagram.bytes)
    case .endOfFile, .failed:
      // Nobody listens there, or there is no way to it.
      first.failures &+= 1
      second.failures &+= 1
    }
  }
}

/// What is asked for one kind of address, and what has come of it.
private struct Question: ~Copyable {
  var query = ByteBuffer(capacity: DNSMessage.longestQuery)
  var list = AddressList()
  /// How many servers could not tell.
  var failures = 0
  private let record: DNSRecord
  private var isAnswered = false

  init(_ record: DNSRecord) { self.record = record }

  /// Whether it is answered, or no server of so many can.
  func isOver(_ servers: Int) -> Bool { isAnswered || failures >= servers }

  func send(_ socket: Int32) {
    if !isAnswered { _ = query.withBytes { SystemCall.send(socket, $0) } }
  }

  mutating func take(_ datagram: Span<UInt8>) {
    if isAnswered { return }
    var found = list
    switch DNSMessage.read(datagram, answering: query.bytes, record, into: &found) {
    case .final:
      list = found
      isAnswered = true
    case .failed: failures &+= 1
    case .unrelated: break
    }
  }
}
