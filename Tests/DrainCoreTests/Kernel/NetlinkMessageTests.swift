import Testing

@testable import DrainCore

/// A netlink message: header and payload, padded to four bytes.
func message(type: UInt16, sequence: UInt32 = 1, _ payload: [UInt8]) -> [UInt8] {
  let length = UInt32(16 + payload.count)
  var bytes = host(length) + host(type) + host(UInt16(2)) + host(sequence) + host(UInt32(0))
  bytes += payload
  while bytes.count % 4 != 0 { bytes.append(0) }
  return bytes
}

/// A number's bytes in host order.
func host<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
}

/// An attribute, padded to four bytes.
func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
  var bytes = host(UInt16(4 + value.count)) + host(type) + value
  while bytes.count % 4 != 0 { bytes.append(0) }
  return bytes
}

/// A `struct inet_diag_msg` of an IPv4 socket 10.0.0.1:8080 to 10.0.0.2:40000.
func inetMessage(state: UInt8 = 1, cookie: UInt64 = 7, inode: UInt32 = 9) -> [UInt8] {
  [2, state, 0, 0, 0x1f, 0x90, 0x9c, 0x40] + [10, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
    + [10, 0, 0, 2] + [UInt8](repeating: 0, count: 12) + host(UInt32(0)) + host(cookie)
    + host(UInt32(0)) + host(UInt32(3)) + host(UInt32(0)) + host(UInt32(1000)) + host(inode)
}

/// What `SocketRow` makes of a message's payload.
func socketRow(_ payload: [UInt8]) -> SocketRow? {
  SocketRow(payload.span, from: 0, to: payload.count)
}

@Suite struct NetlinkMessageTests {
  private func types(_ bytes: [UInt8]) -> [UInt16] {
    var walk = NetlinkMessages()
    var found: [UInt16] = []
    while let message = walk.next(in: bytes.span) { found.append(message.type) }
    return found
  }

  @Test func aDatagramIsWalkedToItsEnd() {
    #expect(types(message(type: 20, [1]) + message(type: 3, [0, 0, 0, 0])) == [20, 3])
  }

  @Test(
    arguments: [
      [], [16, 0, 0], host(UInt32(15)) + [UInt8](repeating: 0, count: 12),
      host(UInt32(17)) + [UInt8](repeating: 0, count: 12),
      host(UInt32.max) + [UInt8](repeating: 0, count: 12),
    ] as [[UInt8]])
  func aLengthThatContradictsTheDatagramEndsTheWalk(bytes: [UInt8]) {
    #expect(types(bytes) == [])
    #expect(types(message(type: 20, []) + bytes) == [20])
  }

  @Test func anErrorNumberIsReadOnlyWhereThereIsOne() {
    for (payload, expected) in [([], 0), ([1, 2], 0), (host(Int32(-1)), -1)] as [([UInt8], Int32)] {
      var buffer = ByteBuffer(capacity: 64)
      buffer.append(message(type: 2, payload))
      // A payload of two bytes is padded; its length in the header is not.
      var walk = NetlinkMessages()
      let found = walk.next(in: buffer.bytes)
      #expect(found.map { buffer.errorCode($0) } == expected)
    }
  }

  @Test func randomBytesAreSurvivedAndStayInBounds() {
    var random = Random(seed: 10)
    for _ in 0..<20_000 {
      var bytes = message(type: 20, inetMessage() + attribute(2, host(UInt64.max)))
      let count = Int(random.next() % UInt64(bytes.count + 1))
      bytes.removeLast(bytes.count - count)
      for _ in 0..<(random.next() % 6) where !bytes.isEmpty {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      var walk = NetlinkMessages()
      while let message = walk.next(in: bytes.span) {
        #expect(message.start <= message.end && message.end <= bytes.count)
        _ = SocketRow(bytes.span, from: message.start, to: message.end)
      }
    }
  }
}

@Suite struct SocketRowTests {
  @Test func everyFieldIsRead() throws {
    let found = try #require(socketRow(inetMessage(state: 10)))
    #expect(found.state == .listen)
    #expect(found.localPort == 8080 && found.peerPort == 40_000)
    #expect(found.local == .v4(0x0a00_0001) && found.peer == .v4(0x0a00_0002))
    #expect(found.cookie == 7 && found.receiveQueue == 3 && found.user == 1000 && found.inode == 9)
    #expect(found.cgroup == 0 && found.bytesReceived == nil)
  }

  @Test func attributesAreRead() throws {
    var tcp = [UInt8](repeating: 0, count: 280)
    tcp.replaceSubrange(52..<56, with: host(UInt32(250)))
    tcp.replaceSubrange(128..<136, with: host(UInt64(1) << 40))
    tcp.replaceSubrange(84..<88, with: host(UInt32(1_460)))
    tcp.replaceSubrange(152..<156, with: host(UInt32(65_539)))
    let bytes = inetMessage() + attribute(15, [6]) + attribute(21, host(UInt64(4711)))
    let found = try #require(socketRow(bytes + attribute(2, tcp)))
    #expect(found.cgroup == 4711)
    #expect(found.bytesReceived == 1 << 40)
    #expect(found.sinceLastReceived == 250)
    #expect(found.largestSegment == 1_460 && found.segmentsReceived == 3)
    // Linux 4.1 to 4.5 tell less.
    let old = try #require(socketRow(inetMessage() + attribute(2, [UInt8](tcp.prefix(144)))))
    #expect(old.bytesReceived == 1 << 40 && old.segmentsReceived == 0)
  }

  @Test func aMappedAddressEqualsTheIPv4One() throws {
    var bytes = inetMessage()
    bytes[0] = 10
    let mapped = [UInt8](repeating: 0, count: 10) + [255, 255, 10, 0, 0, 1]
    bytes.replaceSubrange(8..<24, with: mapped)
    let found = try #require(socketRow(bytes))
    #expect(found.local == .v4(0x0a00_0001) && found.local.isV4)
  }

  @Test func whatIsShortOrForeignIsNoRow() {
    #expect(socketRow([UInt8](inetMessage().dropLast())) == nil)
    var unix = inetMessage()
    unix[0] = 1
    #expect(socketRow(unix) == nil)
    let whole = inetMessage()
    let before = SocketRow(whole.span, from: -1, to: 72)
    let beyond = SocketRow(whole.span, from: 0, to: 73)
    #expect(before == nil && beyond == nil)
  }

  @Test func anAttributeThatIsTooShortIsPassedOver() throws {
    let bytes = inetMessage() + attribute(2, [1, 2, 3]) + attribute(21, [1])
    let found = try #require(socketRow(bytes))
    #expect(found.bytesReceived == nil && found.cgroup == 0)
  }
}

@Suite struct ProcNetLineTests {
  private func row(_ line: String) -> SocketRow? {
    let bytes = Array(line.utf8)
    return SocketRow(procNetLine: bytes.span, from: 0, to: bytes.count)
  }

  @Test func aListenersLineIsRead() throws {
    let line =
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000"
      + "        0 54321 1 0000000000000000 100 0 0 10 0"
    let found = try #require(row(line))
    #expect(found.state == .listen && found.localPort == 8080 && found.local == .v4(0x7f00_0001))
    #expect(found.receiveQueue == 3 && found.user == 1000 && found.inode == 54_321)
  }

  @Test func anIPv6LineIsRead() throws {
    let line =
      "   1: 00000000000000000000000001000000:0050 0000000000000000FFFF00000200000A:C350 01 "
      + "00000000:00000000 00:00000000 00000000     0        0 7 1 0"
    let found = try #require(row(line))
    #expect(found.local == IPAddress(bits: 1) && found.localPort == 80)
    #expect(found.peer == .v4(0x0a00_0002) && found.peerPort == 50_000)
  }

  @Test(
    arguments: [
      "", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
      "0: 0100007F:1F90", "0: 0100007F:1F9 00000000:0000 0A 0:0 0:0 0 0 0 1",
      "0: 0100007G:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
      "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 x",
      "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0",
    ])
  func anythingElseIsNoRow(line: String) {
    #expect(row(line) == nil)
  }
}

@Suite struct ProcTextTests {
  @Test(
    arguments: [
      ("socket:[12345]", 12_345), ("socket:[]", nil), ("socket:[12", nil), ("pipe:[12]", nil),
      ("/tmp/socket:[1]", nil), ("socket:[1x]", nil), ("", nil),
    ] as [(String, UInt32?)])
  func aLinkNamesASocket(link: String, expected: UInt32?) {
    let inode = ProcText.socketInode(Array(link.utf8).span)
    #expect(inode == expected)
  }

  @Test(
    arguments: [
      ("Name:\tx\nUid:\t0\t1\t2\t3\nGid:\t9\t9\t9\t9\n", 3), ("Name:\tUid:\n", nil),
      ("Uid:\t0\t1\t2", nil), ("", nil),
    ] as [(String, UInt32?)])
  func theUserIsTheLastOfFour(status: String, expected: UInt32?) {
    let user = ProcText.fileSystemUser(Array(status.utf8).span)
    #expect(user == expected)
  }

  @Test(
    arguments: [
      ("32768\t60999\n", [32_768, 60_999]), ("", []), ("1", []), ("5 4", []), ("1 65536", []),
      ("a b", []),
    ] as [(String, [UInt16])])
  func thePortRangeIsTwoNumbers(text: String, expected: [UInt16]) {
    let range = ProcText.portRange(Array(text.utf8).span)
    #expect((range.map { [$0.low, $0.high] } ?? []) == expected)
  }

  @Test(
    arguments: [
      ("sockets: used 9\nTCP: inuse 3 orphan 0 tw 7\nUDP: inuse 2 mem 1\n", false, [3, 2]),
      ("TCP6: inuse 1\nUDP6: inuse 0\nUDPLITE6: inuse 5\n", true, [1, 0]),
      ("TCP: inuse 3\nUDP: inuse 2\n", true, []), ("TCP6: inuse 1\nUDP6: inuse 0\n", false, []),
      ("TCP: inuse 1\nUDPLITE: inuse 5\n", false, []), ("TCP: inuse -1\nUDP: inuse 0\n", false, []),
      ("TCP: inuse \nUDP: inuse 0\n", false, []), (" TCP: inuse 1\nUDP: inuse 0\n", false, []),
      ("TCP: inuse 99999999999999999999\nUDP: inuse 0\n", false, []), ("", false, []),
    ] as [(String, Bool, [UInt64])])
  func socketsAreCounted(text: String, isV6: Bool, expected: [UInt64]) {
    let counts = SocketCounts(Array(text.utf8).span, isV6: isV6)
    #expect((counts.map { [$0.tcp, $0.udp] } ?? []) == expected)
  }

  @Test func entriesOfADirectoryEndAtAWrongLength() {
    func entry(_ name: String, _ length: UInt16) -> [UInt8] {
      var bytes = host(UInt64(1)) + host(UInt64(2)) + host(length) + [4] + Array(name.utf8) + [0]
      while bytes.count < 24 { bytes.append(0) }
      return bytes
    }
    func names(_ bytes: [UInt8]) -> [String] {
      var walk = DirectoryEntries()
      var found: [String] = []
      while let place = walk.next(in: bytes.span) {
        found.append(String(decoding: bytes[place], as: UTF8.self))
      }
      return found
    }
    #expect(names(entry("12", 24) + entry("fd", 24)) == ["12", "fd"])
    #expect(names(entry("12", 24) + entry("fd", 25)) == ["12"])
    #expect(names(entry("12", 0)) == [])
  }
}

@Suite struct SocketOwnershipTests {
  private func listener(port: UInt16 = 80, inode: UInt32 = 9, cgroup: UInt64 = 0) -> SocketRow {
    var row = SocketRow(
      state: .listen, local: .v4(0), localPort: port, peer: .v4(0), peerPort: 0, receiveQueue: 0,
      user: 1000, inode: inode)
    row.cgroup = cgroup
    return row
  }

  @Test func aGivenPortDecidesAlone() {
    var rule = SocketOwnership()
    rule.given.insert(80)
    rule.cgroup = 5
    #expect(rule.verdict(listener(port: 80, cgroup: 6)) == .apps)
    #expect(rule.verdict(listener(port: 81, cgroup: 5)) == .notApps)
  }

  @Test func ownListenerNeverCounts() {
    var rule = SocketOwnership()
    rule.given.insert(80)
    rule.ownListener = 9
    #expect(rule.verdict(listener()) == .notApps)
  }

  @Test func theCgroupDecidesUnlessItIsTheRoots() {
    var rule = SocketOwnership()
    rule.cgroup = 5
    #expect(rule.verdict(listener(cgroup: 5)) == .apps)
    // A sidecar's, or one that came by another way: /proc/PID/fd knows.
    #expect(rule.verdict(listener(cgroup: 6)) == .undecided)
    rule.cgroup = 1
    #expect(rule.verdict(listener(cgroup: 1)) == .undecided)
    rule.cgroup = 0
    #expect(rule.verdict(listener(cgroup: 0)) == .undecided)
  }

  @Test func anInheritedListenerCountsWhoeverMadeIt() {
    var rule = SocketOwnership()
    rule.cgroup = 5
    rule.inherited.insert(9)
    #expect(rule.verdict(listener(cgroup: 6)) == .apps)
  }

  @Test func theUserDecidesOnlyWhereTheSocketIsNew() {
    var rule = SocketOwnership()
    let candidate = ListenerCandidate(listener(), isDatagram: false)
    #expect(rule.verdictByUser(candidate) == .notApps)
    rule.users.insert(1000)
    #expect(rule.verdictByUser(candidate) == .apps)
    rule.before.insert(9)
    #expect(rule.verdictByUser(candidate) == .notApps)
    #expect(rule.verdictByUser(candidate, orAnyUser: true) == .notApps)
    rule.before.removeAll()
    rule.users.removeAll()
    #expect(rule.verdictByUser(candidate) == .notApps)
    #expect(rule.verdictByUser(candidate, orAnyUser: true) == .apps)
  }

  @Test func whatCannotBeSeenCountsAsThere() {
    var found = AppListeners()
    #expect(found.verdict() == .none)
    found.isPartial = true
    #expect(found.verdict() == .unknown)
    found.ports.insert(80)
    #expect(found.verdict() == .partly)
    found.isPartial = false
    #expect(found.verdict() == .tcp)
  }

  @Test func everyGivenPortMustListen() {
    var given = PortSet()
    var found = AppListeners()
    #expect(!found.listens(on: given))
    found.ports.insert(80)
    #expect(found.listens(on: given))
    given.insert(80)
    given.insert(81)
    #expect(!found.listens(on: given))
    found.ports.insert(81)
    #expect(found.listens(on: given))
  }
}
