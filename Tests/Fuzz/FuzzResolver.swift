// What name servers and the resolver's files say.

/// A name server's datagram, as the answer to a query of either kind; the second byte chooses whether
/// it begins as the answer to that query must.
func fuzzDNS(_ input: Span<UInt8>) {
  guard input.count > 2 else { return }
  let record: DNSRecord = input[0] & 1 == 0 ? .a : .aaaa
  let name = Array("db.data.svc.cluster.local".utf8)
  var query = ByteBuffer(capacity: DNSMessage.longestQuery)
  must(DNSMessage.query(name.span, record, number: 7, into: &query), "a name that is refused")
  var datagram = [UInt8](copying: input.extracting(2...))
  if input[1] & 1 == 0 {
    var head = [UInt8](copying: query.bytes)
    head[2] |= 0x80
    if datagram.count > 1 { head[7] = datagram[0] }
    datagram = head + datagram
  }
  var list = AddressList()
  let answer = DNSMessage.read(datagram.span, answering: query.bytes, record, into: &list)
  must(answer == .final || list.count == 0, "addresses of an answer that is none")
}

/// /etc/resolv.conf and /etc/hosts, and a name that is looked for by them.
func fuzzResolverFiles(_ input: Span<UInt8>) {
  let configuration = ResolverConfiguration(input)
  must(configuration.servers.count > 0, "nobody to ask")
  var word = Words(from: 0, to: input.count)
  let name = word.next(in: input).map { [UInt8](copying: input.extracting($0)) } ?? []
  var count = 0
  while let candidate = configuration.candidate(count, of: name) {
    var query = ByteBuffer(capacity: DNSMessage.longestQuery)
    _ = DNSMessage.query(candidate.span, .a, number: 1, into: &query)
    count += 1
  }
  must(count >= 1 && count <= 7, "a name that is asked for how often?")
  _ = HostsFile.addresses(of: name.span, in: input)
}
