// What the kernel says, should it ever lie: netlink's datagrams and the texts of /proc.

/// A datagram of SOCK_DIAG: every message, every row, every attribute.
func fuzzNetlink(_ input: Span<UInt8>) {
  var messages = NetlinkMessages()
  while let message = messages.next(in: input) {
    must(message.start >= 16 && message.start <= message.end, "a message before its datagram")
    must(message.end <= input.count, "a message beyond its datagram")
    _ = SocketRow(input, from: message.start, to: message.end)
  }
  _ = SocketRow(input, from: 0, to: input.count)
}

/// The first byte chooses the file.
func fuzzProc(_ input: Span<UInt8>) {
  guard input.count > 1 else { return }
  let text = input.extracting(1...)
  switch input[0] % 5 {
  case 0: _ = ProcessStat(text)
  case 1: _ = ProcText.fileSystemUser(text)
  case 2:
    _ = ProcText.portRange(text)
    _ = SocketCounts(text, isV6: false)
    _ = SocketCounts(text, isV6: true)
  case 3:
    _ = ProcText.socketInode(text)
    _ = SocketRow(procNetLine: text, from: 0, to: text.count)
    if let line = UnixSocketLine(text, from: 0, to: text.count) {
      must(line.path.end <= text.count && !line.path.isEmpty, "a path beyond its line")
      _ = UnixSocketLine.isRuntimes(line.path.of(text))
    }
  default:
    var entries = DirectoryEntries()
    while let name = entries.next(in: text) {
      must(name.upperBound <= text.count, "a name beyond its directory")
    }
  }
}

/// A file that could not be executed: its head, and after it a program header.
func fuzzProgramHead(_ input: Span<UInt8>) {
  switch ProgramHead(input) {
  case .script(let interpreter):
    must(interpreter.start >= 2 && !interpreter.isEmpty, "an interpreter without a name")
    must(interpreter.end <= min(input.count, ProgramHead.size), "an interpreter beyond its file")
  case .program(let header):
    must(header.count <= Int(UInt16.max), "more headers than there can be")
    for start in stride(from: 0, to: input.count, by: 8) {
      guard let loader = header.loader(input.extracting(start...)) else { continue }
      must(loader.length >= 2 && loader.length <= 4096, "a loader that no kernel takes")
      must(loader.offset <= UInt64(Int64.max), "a loader before its file")
    }
  case .macOS, .windows, .text, .binary: break
  }
}

/// What an earlier drainit left: whatever is accepted can be written and read again.
func fuzzHandOver(_ input: Span<UInt8>) {
  _ = HandOver(input)
  // Nearly no input has the right checksum; this is one that has, of any numbers.
  var handOver = HandOver(
    pid: 1, executable: -1, lifecycle: LifecycleState(), gate: GateMemory(), mask: SignalSet(),
    changedDispositions: SignalSet(), ignoredDispositions: SignalSet(), endpoint: -1, notify: -1,
    notice: -1, traceBytes: 0, notices: AppNotices(),
    program: .other, programs: ProgramGroups(),
    probes: ProbeCounts(), traffic: TrafficMemory(), evidence: nil, lives: Lives())
  func word(_ index: Int) -> Int32 {
    (0..<4).reduce(0) { $0 << 8 | Int32(4 * index + $1 < input.count ? input[4 * index + $1] : 0) }
  }
  handOver.executable = word(0)
  handOver.endpoint = word(1)
  handOver.notice = word(2)
  for index in 3..<9 { handOver.programs.insert(word(index)) }
  handOver.lives.comeBack(now: Instant(nanoseconds: Int64(word(9))))
  var text = ByteBuffer(capacity: HandOver.textSize)
  handOver.append(to: &text)
  must(HandOver(text.bytes) == handOver, "a hand-over that cannot be read")
}
