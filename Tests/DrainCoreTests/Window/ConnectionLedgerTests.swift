import Testing

@testable import DrainCore

/// A moment so many milliseconds after the drain signal.
private func after(_ milliseconds: Int64) -> Instant {
  Instant(nanoseconds: 1_000_000_000_000 + milliseconds * 1_000_000)
}

/// A connection from 10.0.0.2 as a dump or a closing shows it.
private func connection(
  _ cookie: UInt64, bytes: UInt64 = 100, age: UInt32 = 0, state: SocketState = .established,
  inode: UInt32 = 9
) -> SocketRow {
  var row = SocketRow(
    state: state, local: .v4(0x0a00_0001), localPort: 80, peer: .v4(0x0a00_0002), peerPort: 4_711,
    receiveQueue: 0, user: 0, inode: inode)
  row.cookie = cookie
  row.bytesReceived = bytes
  row.sinceLastReceived = age
  return row
}

/// A ledger that is told of looks and closings, and what it made of them.
private struct Bench: ~Copyable {
  var ledger: ConnectionLedger

  init(connections: Int = 1_000) {
    ledger = ConnectionLedger(connections: connections)
    ledger.begin(at: after(0))
  }

  /// One whole look; the kinds of its arrivals, in their order.
  mutating func look(_ moment: Int64, _ rows: [SocketRow]) -> [Arrival.Kind] {
    ledger.beginLook(at: after(moment))
    let found = rows.compactMap { ledger.saw($0, at: after(moment)) }
    result = ledger.endLook(cost: .zero)
    return found.map { $0.kind }
  }

  var result = LookResult(begunAt: .never)
}

@Suite struct ConnectionLedgerTests {
  @Test func whatWasOpenAndIdleIsNoArrival() {
    var bench = Bench()
    #expect(bench.look(5, [connection(1, age: 1_000), connection(2, age: 60_000)]) == [])
    #expect(bench.look(1_000, [connection(1, age: 2_000), connection(2, age: 61_000)]) == [])
    #expect(bench.result.openConnections == 2)
  }

  @Test func anotherRequestOnAnOpenConnectionIsWeak() throws {
    var bench = Bench()
    _ = bench.look(5, [connection(1, age: 1_000)])
    bench.ledger.beginLook(at: after(1_000))
    let found = bench.ledger.saw(connection(1, bytes: 300, age: 400), at: after(1_000))
    #expect(found == Arrival(.request, at: after(600), from: .v4(0x0a00_0002)))
  }

  /// How many requests a second look makes of what a kept-alive connection has received since the first.
  @Test(
    arguments: [
      // A hundred, each a segment: the smaller they are, the nearer.
      (40_000, 100, 65_483, 100), (8_000, 100, 1_460, 95), (40_000, 100, 1_460, 73),
      // A body fills its segments: one request.
      (1_000_000, 685, 1_460, 1), (1_460_000, 1_000, 1_460, 1),
      // Three requests, of which one has a body of ten segments.
      (15_200, 13, 1_460, 3),
      // Pings between them are none.
      (490, 100, 1_460, 10),
      // Where the kernel does not tell, one.
      (40_000, 0, 0, 1), (40_000, 0, 1_460, 1), (400, 3, 0, 3),
    ] as [(UInt64, UInt16, UInt16, UInt32)])
  func aKeptAliveConnectionsRequestsAreCounted(
    bytes: UInt64, segments: UInt16, largest: UInt16, requests: UInt32
  ) {
    var bench = Bench()
    var row = connection(1, bytes: 5_000, age: 1_000)
    // The counter wraps.
    row.segmentsReceived = 65_500
    row.largestSegment = largest
    _ = bench.look(5, [row])
    row.bytesReceived = 5_000 + bytes
    row.segmentsReceived &+= segments
    bench.ledger.beginLook(at: after(1_000))
    #expect(bench.ledger.saw(row, at: after(1_000))?.count == requests)
  }

  @Test func aPingIsNone() {
    var bench = Bench()
    _ = bench.look(5, [connection(1, age: 1_000)])
    #expect(bench.look(1_000, [connection(1, bytes: 148)]) == [])
    #expect(bench.look(2_000, [connection(1, bytes: 196)]) == [])
    #expect(bench.look(3_000, [connection(1, bytes: 245)]) == [.request])
  }

  @Test func theCounterMayWrap() {
    var bench = Bench()
    _ = bench.look(5, [connection(1, bytes: 0xffff_fff0, age: 1_000)])
    #expect(bench.look(1_000, [connection(1, bytes: 0x1_0000_0010)]) == [])
    #expect(bench.look(2_000, [connection(1, bytes: 0x1_0000_0110)]) == [.request])
  }

  @Test func aConnectionThatALookShowsFirstIsStrongAndOnlyOnce() {
    var bench = Bench()
    _ = bench.look(5, [])
    #expect(bench.look(1_000, [connection(1)]) == [.connection])
    #expect(bench.look(2_000, [connection(1)]) == [])
    #expect(bench.ledger.closed(connection(1, state: .close), at: after(2_500)) == nil)
  }

  @Test func aDumpThatShowsOneTwiceCountsItOnce() {
    var bench = Bench()
    _ = bench.look(5, [])
    #expect(
      bench.look(1_000, [connection(2), connection(1), connection(2)]) == [
        .connection, .connection,
      ])
    #expect(bench.ledger.count == 2)
  }

  @Test func aConnectionBetweenTwoLooksIsToldByItsEnd() {
    var bench = Bench()
    _ = bench.look(5, [])
    let found = bench.ledger.closed(connection(7, age: 20, state: .close), at: after(500))
    #expect(found == Arrival(.connection, at: after(480), from: .v4(0x0a00_0002)))
    // A TCP check sends nothing, and is a connection all the same.
    let check = bench.ledger.closed(connection(8, bytes: 0, state: .close), at: after(500))
    #expect(check?.kind == .connection)
  }

  @Test func theEndOfAnOldConnectionIsNoArrivalUnlessItCarriedARequest() {
    var bench = Bench()
    _ = bench.look(5, [connection(1, age: 1_000), connection(2, age: 1_000)])
    #expect(bench.ledger.closed(connection(1, age: 1_300, state: .close), at: after(500)) == nil)
    let late = bench.ledger.closed(
      connection(2, bytes: 200, age: 100, state: .close), at: after(500))
    #expect(late?.kind == .request)
  }

  @Test func whatClosesBeforeTheFirstLookIsTrueToItsLastByte() {
    var bench = Bench()
    #expect(bench.ledger.closed(connection(1, age: 900, state: .close), at: after(3)) == nil)
    #expect(
      bench.ledger.closed(connection(2, age: 1, state: .close), at: after(3))?.kind == .request)
  }

  @Test func whatClosesWhileALookGoesOnCountsOnce() {
    var bench = Bench()
    _ = bench.look(5, [])
    bench.ledger.beginLook(at: after(1_000))
    for cookie in 1...100 as ClosedRange<UInt64> {
      _ = bench.ledger.saw(connection(cookie), at: after(1_000))
    }
    #expect(bench.ledger.closed(connection(3, state: .close), at: after(1_001)) == nil)
    _ = bench.ledger.endLook(cost: .zero)
    #expect(bench.ledger.count == 99)
  }

  /// The kernel has made a batch of the dump, a connection in it closes, and its end is read first.
  @Test(arguments: [0, 60]) func whatClosesBeforeItsBatchIsReadCountsOnce(others: UInt64) {
    var bench = Bench()
    bench.ledger.beginLook(at: after(3))
    let first = bench.ledger.closed(connection(1, state: .close), at: after(3))
    #expect(first?.kind == .request)
    #expect(bench.ledger.saw(connection(1), at: after(3)) == nil)
    _ = bench.ledger.endLook(cost: .zero)
    bench.ledger.beginLook(at: after(1_000))
    let second = bench.ledger.closed(connection(2, state: .close), at: after(1_000))
    #expect(second?.kind == .connection)
    for cookie in 0..<others { _ = bench.ledger.saw(connection(100 + cookie), at: after(1_000)) }
    #expect(bench.ledger.saw(connection(2), at: after(1_000)) == nil)
    _ = bench.ledger.endLook(cost: .zero)
    for moment in [2_000, 3_000] as [Int64] { _ = bench.look(moment, []) }
    #expect(bench.ledger.count == 0)
  }

  @Test func whatOneLookPassesOverIsNotNewInTheNext() {
    var bench = Bench()
    _ = bench.look(5, [connection(1)])
    #expect(bench.look(1_000, []) == [])
    #expect(bench.look(2_000, [connection(1)]) == [])
    _ = bench.look(3_000, [])
    _ = bench.look(4_000, [])
    #expect(bench.ledger.count == 0)
  }

  @Test func whatNobodyHasAcceptedWaitsAndIsAnArrival() {
    var bench = Bench()
    _ = bench.look(5, [])
    #expect(bench.look(1_000, [connection(1, inode: 0)]) == [.connection])
    #expect(bench.result.waiting > 0 && bench.result.openConnections == 0)
    // The client has given up, and it still waits.
    _ = bench.look(2_000, [connection(1, state: .closeWait, inode: 0)])
    #expect(bench.result.waiting > 0)
    _ = bench.look(3_000, [connection(1)])
    #expect(bench.result.waiting == 0 && bench.result.openConnections == 1)
  }

  @Test(arguments: [SocketState.established, .closeWait])
  func whatWaitsWithARequestUnreadIsCountedOnce(_ state: SocketState) {
    var bench = Bench()
    var unread = connection(1, age: 200, state: state, inode: 0)
    unread.receiveQueue = 100
    _ = bench.look(5, [unread])
    #expect(bench.result.waiting == 1 && bench.result.inFlight == 0)
    // Accepted, and not answered yet.
    unread.inode = 9
    _ = bench.look(1_000, [unread])
    #expect(bench.result.waiting == 0 && bench.result.inFlight == 1)
  }

  @Test func aListenersQueueAndHalfAHandshakeWait() {
    var bench = Bench()
    var listener = connection(1, state: .listen)
    listener.receiveQueue = 1
    _ = bench.look(5, [listener])
    #expect(bench.result.waiting > 0)
    var half = connection(2, state: .synReceived, inode: 0)
    half.bytesReceived = nil
    #expect(bench.look(1_000, [half]) == [])
    #expect(bench.result.waiting > 0)
    listener.receiveQueue = 0
    _ = bench.look(2_000, [listener])
    #expect(bench.result.waiting == 0)
  }

  @Test func whatTheAppHasClosedIsNotOpen() {
    var bench = Bench()
    let states: [SocketState] = [.finWait1, .closing, .lastAck]
    _ = bench.look(5, states.map { connection(1, state: $0, inode: 0) })
    #expect(bench.result.openConnections == 0 && bench.result.waiting == 0)
    _ = bench.look(1_000, [connection(2, state: .finWait1), connection(3, state: .closeWait)])
    #expect(bench.result.openConnections == 2)
  }

  @Test func whatIsLeftOfAClosedConnectionIsNotANewOne() {
    var bench = Bench()
    _ = bench.look(5, [])
    var rest = connection(2, state: .finWait2, inode: 0)
    rest.bytesReceived = nil
    #expect(bench.look(1_000, [rest]) == [])
    #expect(bench.ledger.count == 0)
  }

  @Test func withoutRoomEveryByteIsAWeakArrival() {
    var bench = Bench(connections: 2)
    let rows = (1...4).map { connection($0, age: 5_000) }
    #expect(bench.look(5, rows) == [])
    #expect(bench.look(1_000, rows) == [])
    #expect(
      bench.look(2_000, (1...4).map { connection($0, bytes: 200) }) == [
        .request, .request, .request, .request,
      ])
    // With room again one that was not remembered is no new one.
    #expect(bench.look(3_000, [connection(4, age: 1_500)]) == [])
    #expect(bench.look(4_000, [connection(4, age: 2_500)]) == [])
    #expect(bench.look(5_000, [connection(4, age: 3_500)]) == [])
    #expect(bench.look(6_000, [connection(9)]) == [.connection])
  }

  @Test func withoutMemoryNothingIsRememberedAndNothingTraps() {
    var bench = Bench(connections: 0)
    #expect(bench.ledger.capacity == 0)
    _ = bench.look(5, [connection(1, age: 5_000)])
    #expect(bench.look(1_000, [connection(1, age: 6_000)]) == [])
    #expect(bench.look(2_000, [connection(1, bytes: 900, age: 10)]) == [.request])
  }

  @Test func manyConnectionsInAnyOrderAreEachKnownAgain() {
    var random = Random(seed: 10)
    var bench = Bench(connections: 5_000)
    var cookies = (1...4_000).map { _ in random.next() }
    _ = bench.look(5, cookies.map { connection($0, age: 5_000) })
    #expect(bench.ledger.count == 4_000)
    for round in 1...20 as ClosedRange<Int64> {
      cookies.shuffle(using: &random)
      let gone = cookies.suffix(50)
      cookies.removeLast(50)
      for cookie in gone {
        _ = bench.ledger.closed(connection(cookie, age: 5_000), at: after(round))
      }
      let new = (1...30).map { _ in random.next() }
      cookies += new
      cookies.shuffle(using: &random)
      let arrivals = bench.look(round * 1_000, cookies.map { connection($0, age: 5_000) })
      #expect(arrivals == [Arrival.Kind](repeating: .connection, count: 30))
      #expect(bench.ledger.count == cookies.count)
    }
  }

  @Test func randomRowsAreSurvived() {
    var random = Random(seed: 11)
    var bench = Bench(connections: 50)
    for step in 1...50_000 as ClosedRange<Int64> {
      var row = connection(
        random.next() % 90, bytes: random.next(), age: UInt32(random.below(9_000)))
      row.state = SocketState(UInt8(random.below(14)))
      row.inode = UInt32(random.below(2))
      if random.once(in: 5) { row.bytesReceived = nil }
      switch random.below(40) {
      case 0: bench.ledger.beginLook(at: after(step))
      case 1: bench.result = bench.ledger.endLook(cost: .zero)
      case 2...9: _ = bench.ledger.closed(row, at: after(step))
      default: _ = bench.ledger.saw(row, at: after(step))
      }
      #expect(bench.ledger.count <= 50)
    }
  }

  @Test func aResetIsAnArrivalAndAListenersEndIsNone() {
    var bench = Bench()
    var listener = connection(77, bytes: 0, state: .listen)
    listener.peerPort = 0
    _ = bench.look(5, [listener, connection(1, age: 1_000)])
    var reset = connection(2)
    reset.peerPort = 0
    reset.bytesReceived = nil
    #expect(bench.ledger.closed(reset, at: after(900))?.at == after(900))
    #expect(bench.ledger.closed(listener, at: after(950)) == nil)
    // One that was open and idle has not arrived by being reset.
    var known = reset
    known.cookie = 1
    #expect(bench.ledger.closed(known, at: after(960)) == nil)
  }

  @Test func whatLiesInTheKernelAfterCloseIsInFlightAndNotOpen() {
    var bench = Bench()
    _ = bench.look(5, [])
    var closed = connection(3, bytes: 200, state: .finWait1, inode: 0)
    closed.unsent = 9_000
    #expect(bench.look(1_000, [closed]) == [.connection])
    #expect(bench.result.inFlight == 1 && bench.result.openConnections == 0)
    #expect(bench.look(2_000, []) == [])
    #expect(bench.result.inFlight == 0)
  }

  @Test func aSmallRequestWithAnAnswerIsAnArrivalAndAPongIsNone() {
    var bench = Bench()
    var row = connection(4, bytes: 1_000, age: 5_000)
    row.bytesSent = 1_000
    _ = bench.look(5, [row])
    row.bytesReceived = 1_020
    row.bytesSent = 1_040
    row.sinceLastReceived = 100
    #expect(bench.look(1_000, [row]) == [])
    row.bytesReceived = 1_040
    row.bytesSent = 9_000
    #expect(bench.look(2_000, [row]) == [.request])
  }
}
