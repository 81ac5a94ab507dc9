import Testing

@testable import DrainCore

/// A name server's words, and the moment at which the lookup is over.
@Suite struct NameLookupTests {
  enum Word {
    /// Addresses of the kind; none of them; no such name; cannot tell; not there.
    case has, hasNone, noName, fails, gone
  }

  struct Said {
    var at: Int64
    var server: Int
    var record: DNSRecord
    var word: Word

    init(_ at: Int64, _ server: Int, _ record: DNSRecord, _ word: Word) {
      self.at = at
      self.server = server
      self.record = record
      self.word = word
    }
  }

  /// Plays what is said, by time in milliseconds, to a lookup of one name; when it was over (nil: the
  /// caller's own limit ends it) and what it found.
  static func play(_ lookup: inout NameLookup, _ story: [Said], from start: Int64 = 0)
    -> (over: Int64?, found: Int)
  {
    let begins = lookup.begin(bytes("db.x").span, number: 7)
    #expect(begins)
    let queries = [
      DNSRecord.a: query(.a, 7), DNSRecord.aaaa: query(.aaaa, 6),
    ]
    for said in story {
      let now = Instant(nanoseconds: (start + said.at) * 1_000_000)
      if lookup.limit <= now { break }
      let asked = queries[said.record]!
      let data: [UInt8] = said.record == .a ? [10, 0, 0, 7] : Array(1...16)
      let answer: [UInt8]? =
        switch said.word {
        case .has: ResolverFilesTests.answer(asked, [([0xc0, 12], said.record.rawValue, data)])
        case .hasNone: ResolverFilesTests.answer(asked, [])
        case .noName: ResolverFilesTests.answer(asked, [], code: 3)
        case .fails: ResolverFilesTests.answer(asked, [], code: 2)
        case .gone: nil
        }
      if let answer {
        lookup.take(answer.span, from: said.server, at: now)
      } else {
        lookup.fail(said.server)
      }
      if lookup.isOver { return (said.at, lookup.addresses.count) }
    }
    let limit = lookup.limit
    return (
      limit == .never ? nil : limit.nanoseconds / 1_000_000 - start, lookup.addresses.count
    )
  }

  static func query(_ record: DNSRecord, _ number: UInt16) -> [UInt8] {
    var query = ByteBuffer(capacity: DNSMessage.longestQuery)
    _ = DNSMessage.query(bytes("db.x").span, record, number: number, into: &query)
    return [UInt8](copying: query.bytes)
  }

  static let stories: [(String, servers: Int, [Said], over: Int64?, found: Int)] = [
    ("both are known", 1, [Said(3, 0, .a, .has), Said(5, 0, .aaaa, .has)], 5, 2),
    ("one kind alone", 1, [Said(3, 0, .a, .has), Said(5, 0, .aaaa, .hasNone)], 5, 1),
    ("the other never answers", 1, [Said(3, 0, .a, .has)], 53, 1),
    ("the other way round", 1, [Said(3, 0, .aaaa, .has)], 53, 1),
    ("none of one kind, and silence", 1, [Said(3, 0, .a, .hasNone)], nil, 0),
    ("no such name is for both kinds", 1, [Said(3, 0, .a, .noName)], 3, 0),
    ("a server that fails", 1, [Said(3, 0, .a, .fails), Said(4, 0, .aaaa, .fails)], 4, 0),
    (
      "a denial does not win", 2,
      [Said(1, 0, .a, .noName), Said(299, 1, .aaaa, .has), Said(301, 1, .a, .has)], 301, 2
    ),
    (
      "nor do no addresses", 2,
      [Said(1, 0, .a, .hasNone), Said(1, 0, .aaaa, .hasNone), Said(300, 1, .a, .has)], 350, 1
    ),
    ("both deny", 2, [Said(1, 0, .a, .noName), Said(9, 1, .aaaa, .noName)], 9, 0),
    ("one denies and one is dead", 2, [Said(1, 0, .a, .noName)], 401, 0),
    ("one denies and one is not there", 2, [Said(0, 1, .a, .gone), Said(1, 0, .a, .noName)], 1, 0),
    (
      "one fails again and again", 2,
      [
        Said(1, 0, .a, .fails), Said(1, 0, .aaaa, .fails), Said(1001, 0, .a, .fails),
        Said(1001, 0, .aaaa, .fails), Said(1600, 1, .a, .has), Said(1601, 1, .aaaa, .has),
      ], 1601, 2
    ),
    (
      "a server has the whole and one is dead", 2,
      [Said(3, 0, .a, .has), Said(4, 0, .aaaa, .hasNone)], 4, 1
    ),
  ]

  @Test func itEndsWhenWhatThereIsIsKnown() {
    for (name, servers, story, over, found) in Self.stories {
      var lookup = NameLookup(servers: servers)
      let end = Self.play(&lookup, story)
      #expect(end.over == over && end.found == found, "\(name): \(end)")
    }
  }

  @Test func whoWasSilentIsNotWaitedForAgain() {
    var lookup = NameLookup(servers: 2)
    #expect(Self.play(&lookup, [Said(1, 0, .a, .noName)]).over == 401)
    #expect(Self.play(&lookup, [Said(1, 0, .a, .noName)], from: 500).over == 1)
    // One that answers after all is.
    _ = Self.play(&lookup, [Said(1, 1, .a, .noName)], from: 600)
    #expect(Self.play(&lookup, [Said(1, 0, .a, .noName)], from: 1100).over == 401)
  }
}
