import CLinux
import DrainCore
import Foundation
import TestHarness
import Testing

@testable import DrainLinux

@Suite struct LogSinkTests {
  private func write(_ text: String, to sink: inout LogSink) -> Bool {
    let bytes = Array(text.utf8)
    return sink.write(bytes.span)
  }

  private func readAll(_ descriptor: Int32) -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let length = recv(descriptor, &buffer, buffer.count, linux_MSG_DONTWAIT)
      let got = length == -1 && errno == ENOTSOCK ? read(descriptor, &buffer, buffer.count) : length
      if got <= 0 { break }
      text += buffer[..<got]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// A pipe that blocks, as a runtime gives it; its reader does not.
  private func blockingPipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    try #require(pipe2(&ends, O_CLOEXEC) == 0)
    _ = linux_fcntl(ends[0], F_SETFL, Int(O_NONBLOCK))
    return (ends[0], ends[1])
  }

  /// Writes lines until ten were dropped, reads all there is, and writes once more. What was read
  /// must be whole lines.
  private func stall(_ sink: inout LogSink, _ reader: Int32, isPacket: Bool = false) throws {
    var taken: [String] = []
    var number = 0
    while sink.dropped < 10 {
      let line = "line \(number) \(String(repeating: "x", count: number % 900))\n"
      number += 1
      if write(line, to: &sink) { taken.append(line) }
      try #require(number < 100_000)
    }
    var text = readAll(reader)
    sink.flush()
    #expect(write("last\n", to: &sink))
    text += readAll(reader)
    #expect(text == taken.joined() + "last\n")
    #expect(taken.count > 10)
  }

  @Test func aPipeOfOursIsReopenedAndItsOwnFlagsStay() throws {
    let (reader, writer) = try blockingPipe()
    var sink = LogSink(writer)
    #expect(sink.ownNumber == -1)
    try stall(&sink, reader)
    #expect(sink.ownNumber >= 0)
    #expect(linux_fcntl(sink.ownNumber, F_GETFD, 0) == FD_CLOEXEC)
    #expect(linux_fcntl(writer, F_GETFL, 0) & O_NONBLOCK == 0)
    close(reader)
    close(writer)
  }

  @Test(arguments: [LogRoute.noWait, .splice]) func aPipeThatCannotBeReopenedNeverBlocks(
    route: LogRoute
  ) throws {
    let (reader, writer) = try blockingPipe()
    var sink = LogSink(writer, by: route)
    try stall(&sink, reader)
    #expect(linux_fcntl(writer, F_GETFL, 0) & O_NONBLOCK == 0)
    close(reader)
    close(writer)
  }

  @Test func aSocketIsWrittenWithoutWaiting() throws {
    var pair: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, linux_SOCK_STREAM | linux_SOCK_CLOEXEC, 0, &pair) == 0)
    var sink = LogSink(pair[0])
    try stall(&sink, pair[1])
    #expect(linux_fcntl(pair[0], F_GETFL, 0) & O_NONBLOCK == 0)
    close(pair[1])
    #expect(!write("nobody\n", to: &sink))
    close(pair[0])
  }

  // A stream socket of TCP takes lines in part.
  @Test func aLineThatWasTakenInPartIsFinishedFirst() throws {
    let listener = socket(AF_INET, linux_SOCK_STREAM, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let writer = socket(AF_INET, linux_SOCK_STREAM, 0)
    let reader = withUnsafeMutableBytes(of: &address) { bytes in
      let any = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
      guard linux_bind(listener, any, size) == 0, listen(listener, 1) == 0,
        linux_getsockname(listener, any, &size) == 0,
        linux_connect(writer, any, size) == 0
      else { return Int32(-1) }
      return linux_accept4(listener, nil, nil, 0)
    }
    try #require(reader >= 0)
    var room: Int32 = 4096
    setsockopt(writer, SOL_SOCKET, SO_SNDBUF, &room, 4)
    var sink = LogSink(writer)
    let line = String(repeating: "y", count: 4000) + "\n"
    var sent = ""
    var count = 0
    while sink.dropped < 3 {
      if write(line, to: &sink) { sent += line }
      count += 1
      try #require(count < 100_000)
    }
    _ = linux_fcntl(reader, F_SETFL, Int(O_NONBLOCK))
    var text = ""
    while text.utf8.count < sent.utf8.count {
      text += readAll(reader)
      sink.flush()
    }
    #expect(text == sent)
    for descriptor in [listener, writer, reader] { close(descriptor) }
  }

  @Test func aFileIsWrittenWhereTheAppWritesIt() throws {
    let folder = try Folder()
    let path = folder.path + "/log"
    let file = open(path, O_RDWR | O_CREAT, 0o600)
    var sink = LogSink(file)
    for number in 0..<3 {
      _ = Foundation.write(file, "app \(number)\n", 6)
      #expect(write("log \(number)\n", to: &sink))
    }
    close(file)
    #expect(
      try String(contentsOfFile: path, encoding: .utf8)
        == "app 0\nlog 0\napp 1\nlog 1\napp 2\nlog 2\n")
  }

  @Test func theNullDeviceTakesEverything() {
    let null = open("/dev/null", O_WRONLY)
    var sink = LogSink(null)
    #expect(write("line\n", to: &sink))
    #expect(sink.dropped == 0 && sink.isOpen)
    close(null)
  }

  @Test func aTerminalIsReopenedAndNeverBlocks() throws {
    let main = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)
    try #require(main >= 0 && grantpt(main) == 0 && unlockpt(main) == 0)
    let name = try #require(ptsname(main))
    let terminal = open(name, O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    var settings = termios()
    tcgetattr(terminal, &settings)
    cfmakeraw(&settings)
    tcsetattr(terminal, TCSANOW, &settings)
    var sink = LogSink(terminal)
    // A terminal takes what fits of a line: what was taken, with the rest, is whole lines.
    var sent = ""
    var number = 0
    while sink.dropped < 3 {
      let line = "line \(number) \(String(repeating: "z", count: 200))\n"
      if write(line, to: &sink) { sent += line }
      number += 1
      try #require(number < 100_000)
    }
    var text = ""
    while text.utf8.count < sent.utf8.count {
      text += readAll(main)
      sink.flush()
    }
    #expect(text == sent)
    #expect(linux_fcntl(terminal, F_GETFL, 0) & O_NONBLOCK == 0)
    close(terminal)
    close(main)
  }

  @Test func aClosedErrorOutputTakesNothing() {
    var sink = LogSink(999)
    let isOpen = sink.isOpen
    #expect(!isOpen)
    #expect(!write("line\n", to: &sink))
    #expect(sink.dropped == 1)
    let log = try? Piece.lines("log", "3", prefix: ["sh", "-c", "exec \"$@\" 2>&-", "sh"])
    #expect(log == ["dropped 3"])
  }

  // EACCES at the reopening; then by pwritev2 or, on an old kernel, by splice.
  @Test func anotherUsersPipeIsWrittenWithoutWaiting() throws {
    try #require(getuid() == 0)
    // Nobody reads before the end, and 100,000 lines are more than the pipe holds.
    let piece = try Piece(
      ["log", "100000", "user=54321"],
      prefix: ["sh", "-c", "exec 3>&1; exec \"$@\" 2>&3 >/dev/null", "sh"])
    #expect(piece.end() == 0)
    let lines = piece.lines()
    #expect(lines.count > 1000 && lines.count < 100_000)
    #expect(lines == (0..<lines.count).map { "line \($0)" })
  }

  @Test func aTerminalOfAnotherUsersGetsNoLog() throws {
    try #require(getuid() == 0)
    let main = posix_openpt(O_RDWR | O_NOCTTY)
    try #require(main >= 0 && grantpt(main) == 0 && unlockpt(main) == 0)
    let name = String(cString: try #require(ptsname(main)))
    let lines = try Piece.lines(
      "log", "3", "user=54321",
      prefix: ["sh", "-c", "chmod 600 \(name); exec \"$@\" 2>\(name)", "sh"])
    #expect(lines == ["dropped 3"])
    close(main)
  }

  @Test func withoutProcAPipeIsStillWritten() throws {
    try #require(getuid() == 0)
    // /proc is hidden in a mount namespace; the lines go to the piece's own output.
    let lines = try Piece.lines(
      "log", "2",
      prefix: ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc; exec \"$@\" 2>&1", "sh"])
    #expect(lines == ["line 0", "line 1", "dropped 0"])
  }
}
