import CLinux
import DrainCore
import Testing

@testable import DrainLinux

@Suite struct EventLoopTests {
  @Test func aReadyDescriptorComesBackWithItsToken() throws {
    var loop = try EventLoop()
    let pipe = try Pipe()
    let token = EventToken(kind: 0xfe, slot: 0xffff_fff0, generation: 0xabcdef)
    try loop.add(pipe.reader.number, token, .reading)
    #expect(loop.wait(until: Clock.now()) == 0)
    _ = write(pipe.writer.number, "x", 1)
    #expect(loop.wait(until: nil) == 1)
    let event = loop[0]
    #expect(event.token == token)
    #expect(event.token.kind == 0xfe)
    #expect(event.token.slot == 0xffff_fff0)
    #expect(event.token.generation == 0xabcdef)
    #expect(event.bits & linux_EPOLLOUT == 0 && !event.hasFailed)
  }

  @Test func whatADescriptorIsWatchedForCanChangeAndEnd() throws {
    var loop = try EventLoop()
    let pipe = try Pipe()
    let token = EventToken(kind: 1)
    try loop.add(pipe.writer.number, token, .failure)
    #expect(loop.wait(until: Clock.now()) == 0)
    try loop.modify(pipe.writer.number, token, .writing)
    #expect(loop.wait(until: nil) == 1)
    #expect(loop[0].bits & linux_EPOLLOUT != 0)
    try loop.remove(pipe.writer.number)
    #expect(loop.wait(until: Clock.now()) == 0)
    #expect(throws: Errno(ENOENT)) { try loop.remove(pipe.writer.number) }
    #expect(throws: Errno(EBADF)) { try loop.add(-1, token, .reading) }
  }

  @Test func aWaitThatIsRefusedSaysSo() throws {
    var loop = try EventLoop()
    let pipe = try Pipe()
    // No loop any more, as to a filter that refuses the call.
    #expect(dup2(pipe.reader.number, loop.number) == loop.number)
    #expect(loop.wait(until: nil) == -1)
    #expect(Errno.last == Errno(EINVAL))
  }

  @Test func aClosedOtherSideIsToldWithoutBeingAskedFor() throws {
    var loop = try EventLoop()
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, linux_SOCK_STREAM | linux_SOCK_CLOEXEC, 0, &pair) == 0)
    try loop.add(pair[0], EventToken(kind: 1), .failure)
    _ = close(pair[1])
    #expect(loop.wait(until: nil) == 1)
    #expect(loop[0].hasFailed)
    _ = close(pair[0])
  }

  @Test func aBatchIsBoundedAndTheRestComesNext() throws {
    var loop = try EventLoop()
    let writers = EventLoop.eventsATurn + 5
    var pipes: [[Int32]] = []
    for index in 0..<writers {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      pipes.append(ends)
      try loop.add(ends[1], EventToken(kind: 1, slot: UInt32(index)), .writing)
    }
    var seen: Set<UInt32> = []
    for _ in 0..<2 {
      let count = loop.wait(until: nil)
      #expect(count <= EventLoop.eventsATurn)
      for index in 0..<count { seen.insert(loop[index].token.slot) }
    }
    #expect(seen.count == writers)
    for ends in pipes { for end in ends { _ = close(end) } }
  }

  @Test(arguments: [1, 999_999, 1_000_001, 12_345_678] as [Int64])
  func aDeadlineIsNeverEarly(nanoseconds: Int64) throws {
    var loop = try EventLoop()
    let deadline = Clock.now() + Interval(nanoseconds: nanoseconds)
    #expect(loop.wait(until: deadline) == 0)
    #expect(Clock.now() >= deadline)
  }

  @Test func aDeadlineThatHasPassedDoesNotWait() throws {
    var loop = try EventLoop()
    #expect(loop.wait(until: Instant(nanoseconds: 0)) == 0)
  }
}

@Suite struct ClockTests {
  @Test func theClockGoesForward() {
    var last = Clock.now()
    for _ in 0..<1000 {
      let now = Clock.now()
      #expect(now >= last)
      last = now
    }
    #expect(last.nanoseconds > 0)
  }

  @Test func theCalendarIsTheSystems() {
    let seconds = Clock.sinceEpoch().nanoseconds / 1_000_000_000
    #expect(abs(seconds - Int64(time(nil))) <= 2)
  }
}
