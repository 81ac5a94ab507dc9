import Testing

@testable import DrainCore

/// A parsed value, or nil where it is refused.
func parsed<Value>(_ text: String, _ parse: (Span<UInt8>) throws(ValueProblem) -> Value) -> Value? {
  let bytes = bytes(text)
  return try? parse(bytes.span)
}

@Suite struct ValueSyntaxTests {
  @Test(
    arguments: [
      ("", nil), (" ", nil), ("s", nil), ("ms", nil), (".", nil), (".5s", nil), ("5.s", nil),
      ("1.2.3s", nil), ("-5s", nil), ("+5s", nil), ("5 s", nil), (" 5s", nil), ("5s ", nil),
      ("5S", nil), ("5sec", nil), ("5us", nil), ("5d", nil), ("1e3", nil), ("0x5", nil),
      ("٣s", nil),
      ("5s12s", nil), ("1m2h", nil), ("1s1s", nil), ("1m30", nil), ("30s5", nil), ("5,5s", nil),
      ("1.1234567s", nil),
      ("0.0000001s", nil), ("99999999999999999999", nil),
      ("9223372036854775807", nil),
      ("4611686019", nil), ("1281024h", nil), ("1281023h3000m", nil), ("nan", nil),
      ("infinity", nil),
      ("9223372036854.775807h", nil), ("18446744073709551617ms", nil),
      ("4611686018s", 4_611_686_018_000_000_000), ("1281023h", 4_611_682_800_000_000_000),
      ("0", 0), ("0s", 0), ("000", 0), ("500ms", 500_000_000), ("15s", 15_000_000_000),
      ("2m", 120_000_000_000), ("1h", 3_600_000_000_000), ("90", 90_000_000_000),
      ("1.5s", 1_500_000_000), ("1.5", 1_500_000_000), ("0.25h", 900_000_000_000),
      ("0.000001s", 1_000), ("0.000001ms", 1), ("1h30m", 5_400_000_000_000),
      ("2m30s", 150_000_000_000), ("1h0m0.5s250ms", 3_600_750_000_000),
      ("0.999999h", 3_599_996_400_000),
    ] as [(String, Int64?)])
  func durations(text: String, nanoseconds: Int64?) {
    let interval = parsed(text) { bytes throws(ValueProblem) in try Interval(parsing: bytes) }
    #expect(interval?.nanoseconds == nanoseconds)
  }

  @Test func everyTimeThatIsPrintedCanBeTypedBack() {
    var random = Random(seed: 8)
    for _ in 0..<1000 {
      let time = Interval.milliseconds(Int64(random.below(1 << random.below(31))))
      var buffer = ByteBuffer(capacity: 40)
      buffer.append(time)
      let shown = text(buffer)
      let back = parsed(shown) { bytes throws(ValueProblem) in try Interval(parsing: bytes) }
      #expect(back != nil, "\(shown)")
      var again = ByteBuffer(capacity: 40)
      again.append(back ?? .zero)
      #expect(text(again) == shown)
    }
  }

  @Test(
    arguments: [
      ("", nil), ("..", nil), ("5s..", nil), ("..5s", nil), ("5s...12s", nil),
      ("5s..12s..15s", nil),
      ("5s-12s", nil), ("5s,12s", nil), ("12s..5s", nil), ("1.5..", nil),
      ("0", (0, 0)), ("5s", (5000, 5000)), ("5s..12s", (5000, 12000)), ("5..12", (5000, 12000)),
      ("500ms..1m", (500, 60000)), ("1.5s..2.5s", (1500, 2500)), ("3s..3s", (3000, 3000)),
      ("0..0", (0, 0)),
    ] as [(String, (Int64, Int64)?)])
  func windows(text: String, milliseconds: (Int64, Int64)?) {
    let range = parsed(text) { bytes throws(ValueProblem) in try DrainRange(parsing: bytes) }
    #expect(
      range
        == milliseconds.map {
          DrainRange(minimum: .milliseconds($0.0), maximum: .milliseconds($0.1))
        })
  }

  @Test(
    arguments: [
      ("", nil), ("0", nil), ("65", nil), ("32", nil), ("33", nil), ("-1", nil), ("+15", nil),
      ("99999999999999999999", nil),
      ("SIG", nil), ("SIG15", nil), ("SIGSIGTERM", nil), ("TERM ", nil), ("TER", nil), ("RT", nil),
      ("RTMIN+31", nil), ("RTMIN-1", nil), ("RTMAX+1", nil), ("RTMAX-31", nil), ("RTMIN+", nil),
      ("RTMIN3", nil), ("RTMIN+-3", nil), ("RTMIN++3", nil), ("TÉRM", nil),
      ("1", 1), ("64", 64), ("015", 15), ("TERM", 15), ("SIGTERM", 15), ("sigTerm", 15),
      ("usr1", 10),
      ("IOT", 6), ("CLD", 17), ("POLL", 29), ("IO", 29), ("STKFLT", 16), ("SYS", 31), ("HUP", 1),
      ("RTMIN", 34), ("SIGRTMIN", 34), ("rtmin+3", 37), ("RTMIN+30", 64), ("RTMAX", 64),
      ("SIGRTMAX-1", 63), ("RTMAX-30", 34),
    ] as [(String, Int32?)])
  func signals(text: String, number: Int32?) {
    let signal = parsed(text) { bytes throws(ValueProblem) in try Signal(parsing: bytes) }
    #expect(signal?.number == number)
  }

  @Test(
    arguments: [
      (0, "signal 0"), (-1, "signal -1"), (65, "signal 65"), (1, "SIGHUP"), (15, "SIGTERM"),
      (16, "SIGSTKFLT"), (31, "SIGSYS"), (32, "signal 32"), (33, "signal 33"), (34, "SIGRTMIN"),
      (37, "SIGRTMIN+3"), (49, "SIGRTMIN+15"), (50, "SIGRTMAX-14"), (63, "SIGRTMAX-1"),
      (64, "SIGRTMAX"),
    ] as [(Int32, String)])
  func aSignalIsPrintedByName(number: Int32, expected: String) {
    var buffer = ByteBuffer(capacity: 40)
    buffer.append(Signal(number))
    #expect(text(buffer) == expected)
  }

  @Test func everySignalsNameCanBeTypedBack() {
    for number in Int32(1)...64 where number != 32 && number != 33 {
      var buffer = ByteBuffer(capacity: 40)
      buffer.append(Signal(number))
      let back = parsed(text(buffer)) { bytes throws(ValueProblem) in try Signal(parsing: bytes) }
      #expect(back?.number == number)
    }
  }

  @Test func aSignalThatCannotBeWaitedForIsNoDrainSignal() {
    for name in ["KILL", "STOP", "CHLD", "SEGV", "BUS", "ILL", "FPE", "TRAP", "ABRT", "SYS"] {
      #expect(parsed(name) { text throws(ValueProblem) in try Signal.drainSignal(text) } == nil)
    }
    #expect(parsed("WINCH") { text throws(ValueProblem) in try Signal.drainSignal(text) } != nil)
    #expect(parsed("KILL") { text throws(ValueProblem) in try Signal.stopSignal(text) } == .kill)
    #expect(parsed("STOP") { text throws(ValueProblem) in try Signal.stopSignal(text) } == nil)
  }

  @Test(
    arguments: [
      ("", nil), (":", nil), ("143", nil), ("143:", nil), (":0", nil), ("256:0", nil),
      ("0:256", nil),
      ("0:-1", nil), ("1:2:3", nil), ("1 :2", nil), ("TERM:0", nil), ("143:0", (143, 0)),
      ("0:255", (0, 255)),
    ] as [(String, (UInt8, UInt8)?)])
  func exitMaps(text: String, expected: (UInt8, UInt8)?) {
    let map = parsed(text) { bytes throws(ValueProblem) in try ExitRewrite(parsing: bytes) }
    #expect(map == expected.map { ExitRewrite(from: $0.0, to: $0.1) })
  }

  @Test(
    arguments: [
      ("", nil), (":", nil), ("15", nil), ("15:", nil), (":15", nil), ("0:15", nil), ("15:65", nil),
      ("KILL:15", nil), ("STOP:0", nil), ("15:2:3", nil), ("15:-1", nil), ("15: 0", nil),
      ("15:3", (15, 3)), ("TERM:sigquit", (15, 3)), ("usr1:0", (10, 0)), ("RTMIN:KILL", (34, 9)),
    ] as [(String, (Int32, Int32)?)])
  func rewrites(text: String, expected: (Int32, Int32)?) {
    let rewrite = parsed(text) { bytes throws(ValueProblem) in try SignalRewrite(parsing: bytes) }
    #expect(
      rewrite == expected.map { SignalRewrite(from: Signal($0.0), to: Signal($0.1)) })
  }

  @Test(
    arguments: [
      ("", nil), ("0", nil), ("65536", nil), ("-1", nil), ("+80", nil), ("80 ", nil), ("http", nil),
      ("8e1", nil), ("99999999999999999999999", nil), ("1", 1), ("65535", 65535), ("0080", 80),
    ] as [(String, UInt16?)])
  func ports(text: String, expected: UInt16?) {
    #expect(parsed(text) { bytes throws(ValueProblem) in try port(bytes) } == expected)
  }

  @Test(arguments: [
    "", ":", "Name", ": value", "Na me: v", "Name : v", "Name: v\r\nX: y", "Name: v\n", "N: \u{0}",
    "N\u{1}: v", "Näme: v", "N: \u{7f}",
  ])
  func whatWouldEndAHeaderEarlyIsRefused(text: String) {
    #expect(parsed(text) { bytes throws(ValueProblem) in try headerLine(bytes) } == nil)
  }

  @Test(arguments: ["Name: value", "X-y:", "A:b:c", "N: a\tb", "N: ü", "Authorization: Bearer x=="])
  func aHeaderStaysAsItWasTyped(text: String) {
    #expect(parsed(text) { bytes throws(ValueProblem) in try headerLine(bytes) } == bytes(text))
  }
}
