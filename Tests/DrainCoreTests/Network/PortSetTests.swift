import Testing

@testable import DrainCore

@Suite struct PortSetTests {
  @Test func neighboursBecomeOneRange() {
    var set = PortSet()
    for port in [8080, 8082, 65_535, 8081, 0, 8080] as [UInt16] { set.insert(port) }
    #expect(set.rangeCount == 2)
    #expect(set.range(0)! == (8080, 8082) && set.range(1)! == (65_535, 65_535))
    #expect(set.range(2) == nil)
    #expect(set.contains(8081) && !set.contains(8083) && !set.contains(0))
  }

  @Test func upTo64RangesAreExactAndBeyondNothingIsLeftOut() {
    var random = Random(seed: 8)
    for round in [0, 1, 2, 30, 31, 62, 63, 64, 65, 198, 199] {
      var set = PortSet()
      var expected: Set<UInt16> = []
      for _ in 0..<(round + 1) {
        let port = UInt16.random(in: 1...(round % 2 == 0 ? 300 : 65_535), using: &random)
        set.insert(port)
        expected.insert(port)
      }
      for port in expected { #expect(set.contains(port)) }
      if round < 64 {
        for port in UInt16.min...UInt16.max where set.contains(port) {
          #expect(expected.contains(port))
        }
      }
      for index in 1..<max(set.rangeCount, 1) {
        #expect(set.range(index - 1)!.high < set.range(index)!.low)
      }
    }
  }

  /// The kernel's own interpreter of the filter (inet_diag_bc_run in net/ipv4/inet_diag.c).
  private func runFilter(_ program: [UInt8], port: UInt16) -> Bool {
    var place = 0
    while place < program.count {
      let no = Int(program[place + 2]) | Int(program[place + 3]) << 8
      let yes = Int(program[place + 1])
      var holds = false
      switch program[place] {
      case 1: holds = false
      case 2: holds = port >= UInt16(program[place + 6]) | UInt16(program[place + 7]) << 8
      case 3: holds = port <= UInt16(program[place + 6]) | UInt16(program[place + 7]) << 8
      default: Issue.record("unknown operation")
      }
      place += holds ? yes : no
    }
    return place == program.count
  }

  @Test func theFilterKeepsWhatTheSetContains() {
    var random = Random(seed: 9)
    for size in [1, 2, 3, 64, 200] {
      var set = PortSet()
      for _ in 0..<size { set.insert(.random(in: 1...UInt16.max, using: &random)) }
      var buffer = ByteBuffer(capacity: 2_048)
      set.writeFilter(to: &buffer)
      let program = buffer.withBytes { [UInt8]($0) }
      #expect(program.count == set.rangeCount * PortSet.filterStride)
      for port in UInt16.min...UInt16.max {
        if runFilter(program, port: port) != set.contains(port) {
          Issue.record("port \(port) of \(size)")
        }
      }
    }
  }

  @Test func theLargestRequestFits() {
    var set = PortSet()
    for index in 1...UInt16(200) { set.insert(index * 3) }
    var buffer = ByteBuffer(capacity: 2_048)
    #expect(SocketRequest.listeners(isV6: true).write(to: &buffer, sequence: 1, ports: set))
    var short = ByteBuffer(capacity: 71)
    #expect(!SocketRequest.listeners(isV6: true).write(to: &short, sequence: 1))
  }
}
