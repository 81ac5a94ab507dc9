import CLinux
import DrainCore

/// Asks for a host's addresses, as getaddrinfo(3) does: /etc/hosts, then the name servers of
/// /etc/resolv.conf, all at once, under each name that its `search` makes. `NameLookup` decides.
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
    var servers: NameServers
    do { servers = try NameServers(configuration.servers, port: port) } catch {
      return AddressList()
    }
    var lookup = NameLookup(servers: servers.sockets.count)
    var index = 0
    while let candidate = configuration.candidate(index, of: name) {
      ask(candidate.span, &servers, &lookup, configuration.time)
      let found = lookup.addresses
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

  /// Asks every server for both kinds of address, again every second, until what there is is known or
  /// the time is over.
  private static func ask(
    _ name: Span<UInt8>, _ servers: inout NameServers, _ lookup: inout NameLookup, _ time: Interval
  ) {
    var number: UInt16 = 0
    _ = withUnsafeMutableBytes(of: &number) { getrandom($0.baseAddress, $0.count, 0) }
    guard lookup.begin(name, number: number) else { return }
    let end = Clock.now() + time
    var again = Clock.now()
    var datagram = ByteBuffer(capacity: DNSMessage.longestAnswer)
    while !lookup.isOver {
      let now = Clock.now()
      if now >= min(end, lookup.limit) { break }
      if now >= again {
        again = now + .seconds(1)
        for socket in servers.sockets { lookup.forEachQuery { _ = SystemCall.send(socket, $0) } }
      }
      let count = servers.loop.wait(until: min(again, min(end, lookup.limit)))
      for index in 0..<count {
        let server = Int(servers.loop[index].token.slot)
        guard server < servers.sockets.count else { continue }
        switch datagram.receive(from: servers.sockets[server]) {
        case .wouldBlock: break
        case .bytes: lookup.take(datagram.bytes, from: server, at: Clock.now())
        // Nobody listens there, or there is no way to it.
        case .endOfFile, .failed: lookup.fail(server)
        }
      }
    }
  }
}

/// One socket a name server, connected, so that the kernel drops what others send and tells who is not
/// there. They end with the child.
private struct NameServers: ~Copyable {
  var loop: EventLoop
  let sockets: [Int32]

  init(_ servers: AddressList, port: UInt16) throws(Errno) {
    let loop = try EventLoop()
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
    self.loop = loop
    self.sockets = sockets
  }
}
