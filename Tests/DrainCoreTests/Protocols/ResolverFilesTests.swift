import Testing

@testable import DrainCore

@Suite struct ResolverFilesTests {
  static func addresses(_ list: AddressList) -> [String] {
    (0..<list.count).map { index in
      var text = ByteBuffer(capacity: 64)
      text.append(list[index] ?? IPAddress(bits: 0))
      return text.withBytes { String(decoding: $0, as: UTF8.self) }
    }
  }

  static func candidates(_ text: String, _ name: String) -> [String] {
    let configuration = ResolverConfiguration(bytes(text).span)
    var names: [String] = []
    while let next = configuration.candidate(names.count, of: bytes(name)), names.count < 20 {
      names.append(String(decoding: next, as: UTF8.self))
    }
    return names
  }

  @Test func kubernetesTriesItsDomainsFirst() {
    let text = """
      # made by the kubelet
      search web.svc.cluster.local svc.cluster.local cluster.local
      nameserver 10.96.0.10
      options ndots:5

      """
    let domains = ["web.svc.cluster.local", "svc.cluster.local", "cluster.local"]
    #expect(ResolverFilesTests.candidates(text, "db") == domains.map { "db." + $0 } + ["db"])
    #expect(
      ResolverFilesTests.candidates(text, "db.data") == domains.map { "db.data." + $0 } + [
        "db.data"
      ])
    #expect(ResolverFilesTests.candidates(text, "a.b.c.d.e.f").first == "a.b.c.d.e.f")
    #expect(ResolverFilesTests.candidates(text, "db.example.") == ["db.example."])
    let configuration = ResolverConfiguration(bytes(text).span)
    #expect(ResolverFilesTests.addresses(configuration.servers) == ["10.96.0.10"])
  }

  @Test func whatTheFileDoesNotSayIsTheDefault() {
    let configuration = ResolverConfiguration(Span())
    #expect(ResolverFilesTests.addresses(configuration.servers) == ["127.0.0.1"])
    #expect(configuration.time == .seconds(10))
    #expect(ResolverFilesTests.candidates("", "db") == ["db"])
    #expect(
      ResolverFilesTests.candidates("domain example.org ; ours", "a.b") == [
        "a.b", "a.b.example.org",
      ])
  }

  @Test func noMoreThanThreeServersAndSixDomainsAreTaken() {
    let text =
      "nameserver 10.0.0.1\nnameserver no.such\nnameserver ::2\nnameserver 10.0.0.3\n"
      + "nameserver 10.0.0.4\nsearch a b c d e f g h\noptions timeout:30 attempts:9 rotate x:\n"
    let configuration = ResolverConfiguration(bytes(text).span)
    #expect(ResolverFilesTests.addresses(configuration.servers) == ["10.0.0.1", "::2", "10.0.0.3"])
    #expect(configuration.time == .seconds(60))
    #expect(ResolverFilesTests.candidates(text, "x").count == 7)
  }

  @Test func hostsAreFoundByEveryNameInEitherCase() {
    let text = bytes(
      "127.0.0.1 localhost\n10.1.2.3\tweb Web.Example # the web\n::5 web\n# 9.9.9.9 web\nx web\n")
    func found(_ name: String) -> [String] {
      ResolverFilesTests.addresses(HostsFile.addresses(of: bytes(name).span, in: text.span))
    }
    #expect(found("WEB") == ["10.1.2.3", "::5"])
    #expect(found("web.example") == ["10.1.2.3"])
    #expect(found("the") == [])
    #expect(found("we") == [])
  }

  // MARK: Messages

  static func query(_ name: String, _ record: DNSRecord = .a) -> [UInt8]? {
    var query = ByteBuffer(capacity: DNSMessage.longestQuery)
    guard DNSMessage.query(bytes(name).span, record, number: 0x1234, into: &query) else {
      return nil
    }
    return [UInt8](copying: query.bytes)
  }

  /// An answer with these records: the name's bytes, the type, the data.
  static func answer(
    _ query: [UInt8], _ records: [([UInt8], UInt16, [UInt8])], code: UInt8 = 0, said: UInt8? = nil
  ) -> [UInt8] {
    var bytes = query
    bytes[2] = 0x81
    bytes[3] = 0x80 | code
    bytes[7] = said ?? UInt8(records.count)
    for (name, type, data) in records {
      bytes += name + [UInt8(type >> 8), UInt8(type & 255), 0, 1, 0, 0, 0, 60]
      bytes += [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }
    return bytes
  }

  static func read(_ datagram: [UInt8], _ query: [UInt8], _ record: DNSRecord = .a)
    -> (DNSAnswer, [String])
  {
    var list = AddressList()
    let answer = DNSMessage.read(datagram.span, answering: query.span, record, into: &list)
    return (answer, addresses(list))
  }

  @Test func aQueryIsOneQuestion() {
    #expect(
      ResolverFilesTests.query("db.x") == [
        0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 100, 98, 1, 120, 0, 0, 1, 0, 1,
      ])
    #expect(ResolverFilesTests.query("db.x.") == ResolverFilesTests.query("db.x"))
    let long = String(repeating: "a", count: 64)
    for name in ["", ".", "a..b", long, Array(repeating: "abc", count: 70).joined(separator: ".")] {
      #expect(ResolverFilesTests.query(name) == nil, "\(name)")
    }
  }

  @Test func addressesAreReadPastOtherRecords() throws {
    let query = try #require(ResolverFilesTests.query("db.x"))
    let pointer: [UInt8] = [0xc0, 12]
    let alias: [UInt8] = [3, 119, 119, 119, 0]
    let datagram = ResolverFilesTests.answer(
      query,
      [
        (pointer, 5, alias), (alias, 1, [10, 0, 0, 7]), (pointer, 28, [UInt8](1...16)),
        (pointer, 1, [10, 0, 0, 8]),
      ])
    let (answer, found) = ResolverFilesTests.read(datagram, query)
    #expect(answer == .final)
    #expect(found == ["10.0.0.7", "10.0.0.8"])
  }

  @Test func aNameThatIsNotThereIsFinalAndAServerThatFailsIsNot() throws {
    let query = try #require(ResolverFilesTests.query("db.x", .aaaa))
    #expect(
      ResolverFilesTests.read(ResolverFilesTests.answer(query, [], code: 3), query, .aaaa).0
        == .noName)
    #expect(
      ResolverFilesTests.read(ResolverFilesTests.answer(query, [], code: 2), query, .aaaa).0
        == .failed)
    #expect(ResolverFilesTests.read(ResolverFilesTests.answer(query, []), query, .aaaa).0 == .final)
  }

  @Test func whatWasNotAskedForIsNoAnswer() throws {
    let query = try #require(ResolverFilesTests.query("db.x"))
    let good = ResolverFilesTests.answer(query, [([0xc0, 12], 1, [10, 0, 0, 7])])
    for place in [0, 2, 5, 13, 18, 19] {
      var bad = good
      bad[place] ^= 0x81
      #expect(ResolverFilesTests.read(bad, query).0 == .unrelated, "\(place)")
    }
    var shout = good
    shout[13] = UInt8(ascii: "D")
    #expect(ResolverFilesTests.read(shout, query).1 == ["10.0.0.7"])
  }

  @Test func anAnswerThatWasCutShortHasWhatCameBefore() throws {
    let query = try #require(ResolverFilesTests.query("db.x"))
    let record: ([UInt8], UInt16, [UInt8]) = ([0xc0, 12], 1, [10, 0, 0, 7])
    let whole = ResolverFilesTests.answer(query, [record, record, record], said: 255)
    for length in query.count..<whole.count {
      let (answer, found) = ResolverFilesTests.read(Array(whole[..<length]), query)
      #expect(answer == .final)
      #expect(found.count == (length - query.count) / 16)
    }
  }
}
