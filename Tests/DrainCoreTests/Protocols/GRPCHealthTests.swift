import Testing

@testable import DrainCore

@Suite struct GRPCHealthTests {
  static let settings: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]
  static let acknowledged: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

  static func frame(_ type: UInt8, _ flags: UInt8, stream: UInt8 = 1, _ payload: [UInt8]) -> [UInt8]
  {
    [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xff), type, flags, 0, 0, 0, stream]
      + payload
  }

  static func message(_ bytes: [UInt8]) -> [UInt8] { [0, 0, 0, 0, UInt8(bytes.count)] + bytes }

  static let headers = frame(1, 4, [0x88, 0x40, 1, 2, 3])
  static let trailers = frame(1, 5, [0xc0, 0xff])
  static let serving = frame(0, 0, message([8, 1]))

  /// A literal of this name: its value follows.
  static let named: [UInt8] = [0, 11] + Array("grpc-status".utf8)
  static func said(_ status: String, _ name: String = "grpc-status") -> [UInt8] {
    frame(1, 5, [0, 11] + Array(name.utf8) + [UInt8(status.utf8.count)] + Array(status.utf8))
  }
  static func coded(_ value: [UInt8]) -> [UInt8] {
    frame(1, 5, [0x40, 0x88, 0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f] + value)
  }

  static let table: [(String, [UInt8], GRPCReplyParser.Progress)] = [
    ("nothing", [], .needMore),
    ("the settings alone", settings, .needMore),
    ("no end yet", settings + headers + serving, .needMore),
    ("serving", settings + headers + serving + trailers, .status(1)),
    ("a status of 0", settings + headers + serving + said("0"), .status(1)),
    ("serving, and the call failed", settings + headers + serving + said("13"), .failed(13)),
    ("a status that is no number", settings + headers + serving + said("x"), .failed(2)),
    ("an endless status", settings + headers + serving + said("0000"), .failed(2)),
    ("an empty status", settings + headers + serving + said(""), .failed(2)),
    ("not found", settings + frame(1, 5, [0x88] + named + [1] + Array("5".utf8)), .failed(5)),
    ("no such call", settings + frame(1, 5, [0x88] + named + [2] + Array("12".utf8)), .noMessage),
    // grpc-go's and hyper's names are coded, and their numbers.
    ("a coded name", settings + headers + serving + coded([0x01, 0x35]), .failed(5)),
    ("a coded 0", settings + headers + serving + coded([0x81, 0x07]), .status(1)),
    ("a coded 5", settings + headers + serving + coded([0x81, 0x6f]), .failed(5)),
    ("a coded 14", settings + headers + serving + coded([0x82, 0x0b, 0x5f]), .failed(14)),
    ("a coded 16", settings + headers + serving + coded([0x82, 0x0b, 0x9f]), .failed(16)),
    ("a coded letter", settings + headers + serving + coded([0x81, 0x1f]), .failed(2)),
    ("coded without padding", settings + headers + serving + coded([0x81, 0x00]), .failed(2)),
    (
      "another name of that length",
      settings + headers + serving + said("13", "grpc-statuz"), .status(1)
    ),
    (
      "the status in a continuation",
      settings + headers + serving + frame(1, 1, Array(named.prefix(7)))
        + frame(9, 0, Array(named.dropFirst(7)) + [2]) + frame(9, 4, Array("13".utf8)),
      .failed(13)
    ),
    (
      "padding and a priority around it",
      settings + headers + serving
        + frame(1, 0x2d, [2, 0, 0, 0, 0, 9] + named + [1, 0x34] + [7, 7]), .failed(4)
    ),
    (
      "after a table's size, a long index and a long text",
      settings + headers + serving
        + frame(
          1, 5,
          [0x3f, 0xe1, 0x1f, 0xff, 0x80, 0x01, 0x7f, 0x05, 0x7f, 0x49]
            + [UInt8](repeating: 97, count: 200) + named + [1, 0x37]), .failed(7)
    ),
    ("a proxy's 503", settings + frame(1, 5, [0x08, 3] + Array("503".utf8)), .httpStatus(503)),
    ("a coded 503", settings + frame(1, 5, [0x48, 0x83, 0x6c, 0x0c, 0xff]), .httpStatus(503)),
    ("an indexed 404", settings + frame(1, 5, [0x8d]), .httpStatus(404)),
    (
      "an early hint",
      settings + frame(1, 4, [0x08, 3] + Array("103".utf8)) + frame(1, 4, [0x88]) + serving
        + said("0"), .status(1)
    ),
    ("our settings acknowledged first", acknowledged + settings, .malformed),
    ("acknowledged between", settings + acknowledged + headers + serving + trailers, .status(1)),
    ("not serving", settings + headers + frame(0, 0, message([8, 2])) + trailers, .status(2)),
    ("an empty message", settings + headers + frame(0, 0, message([])) + trailers, .status(0)),
    ("the end on the message", settings + headers + frame(0, 1, message([8, 1])), .status(1)),
    (
      "padding",
      settings + headers + frame(0, 9, [3] + message([8, 1]) + [9, 9, 9]), .status(1)
    ),
    ("padding beyond the frame", settings + headers + frame(0, 9, [20, 0, 0]), .malformed),
    ("padding without its length", settings + headers + frame(0, 8, []), .malformed),
    (
      "a message in three frames",
      settings + headers + frame(0, 0, [0, 0, 0]) + frame(0, 0, []) + frame(0, 0, [0, 2, 8])
        + frame(0, 1, [1]), .status(1)
    ),
    (
      "fields that we do not know",
      settings + headers
        + frame(
          0, 1, message([0x12, 2, 65, 66, 8, 1, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4])),
      .status(1)
    ),
    ("trailers only", settings + trailers, .noMessage),
    ("a reset", settings + frame(3, 0, [0, 0, 0, 8]), .noMessage),
    ("a reset of another stream", settings + frame(3, 0, stream: 3, [0, 0, 0, 8]), .needMore),
    ("data of another stream", settings + frame(0, 1, stream: 3, message([8, 1])), .needMore),
    (
      "a ping, a window, a frame that we do not know",
      settings + frame(6, 0, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
        + frame(8, 0, stream: 0, [0, 0, 1, 0]) + frame(0xaa, 0xff, [1]) + headers + serving
        + trailers, .status(1)
    ),
    (
      "the end before the message", settings + headers + frame(0, 1, [0, 0, 0, 0, 2, 8]), .malformed
    ),
    ("half a prefix", settings + headers + frame(0, 1, [0, 0]), .malformed),
    ("two messages", settings + headers + serving + serving, .malformed),
    ("compressed", settings + headers + frame(0, 1, [1, 0, 0, 0, 2, 8, 1]), .malformed),
    ("a long message", settings + headers + frame(0, 1, [0, 0, 0, 0, 65]), .malformed),
    ("a huge message", settings + headers + frame(0, 1, [0, 255, 255, 255, 255]), .malformed),
    ("no protobuf", settings + headers + frame(0, 1, message([8])), .malformed),
    ("a field of no number", settings + headers + frame(0, 1, message([0, 1])), .malformed),
    ("a group", settings + headers + frame(0, 1, message([0x0b])), .malformed),
    ("a string too long", settings + headers + frame(0, 1, message([0x12, 100, 1])), .malformed),
    (
      "an endless number",
      settings + headers + frame(0, 1, message([8] + [UInt8](repeating: 255, count: 11))),
      .malformed
    ),
    ("a huge frame", settings + [0, 0x40, 1, 0, 0, 0, 0, 0, 1], .malformed),
    ("headers first", headers, .malformed),
    ("HTTP/1.1", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .malformed),
    ("TLS", [0x15, 3, 1, 0, 2, 2, 0x46, 0, 0, 0], .malformed),
  ]

  @Test func anAnswerIsReadFrameByFrame() {
    for (name, bytes, expected) in Self.table { #expect(parse(bytes) == expected, "\(name)") }
  }

  @Test func theServersSettingsAreAcknowledged() {
    var parser = GRPCReplyParser()
    _ = parser.advance(over: Self.settings.span.extracting(0..<8))
    #expect(!parser.owesAcknowledgement)
    _ = parser.advance(over: Self.settings.span.extracting(8...))
    #expect(parser.owesAcknowledgement)
    parser.owesAcknowledgement = false
    _ = parser.advance(over: Self.acknowledged.span)
    #expect(!parser.owesAcknowledgement)
  }

  @Test func anEndlessAnswerIsNone() {
    let pings = [UInt8](
      (0..<2000).map { _ in Self.frame(6, 0, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8]) }.joined())
    #expect(parse(Self.settings + pings) == .malformed)
  }

  @Test func anyBytesInAnyPiecesComeToTheSame() {
    var random = Random(seed: 50_051)
    for _ in 0..<20_000 {
      var bytes = Self.table.randomElement(using: &random)!.1
      for _ in 0..<random.below(4) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        bytes[place] = random.once(in: 2) ? UInt8(random.below(256)) : bytes[place] ^ 1
      }
      var parser = GRPCReplyParser()
      var progress = GRPCReplyParser.Progress.needMore
      var start = 0
      while progress == .needMore && start < bytes.count {
        let end = min(bytes.count, start + 1 + random.below(12))
        progress = parser.advance(over: bytes.span.extracting(start..<end))
        start = end
      }
      #expect(progress == parse(bytes), "\(bytes)")
    }
  }

  @Test func theRequestIsWhole() {
    let (host, service) = (Array("::1".utf8), Array("a.B".utf8))
    let request = GRPCHealth.request(host: host.span, port: 50051, service: service.span)
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    #expect(Array(request.prefix(24)) == preface)
    var frames: [(type: UInt8, flags: UInt8, stream: UInt8, payload: [UInt8])] = []
    var rest = request.dropFirst(24)
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[1]) << 8 | Int(head[2])
      frames.append((head[3], head[4], head[8], Array(rest.dropFirst(9).prefix(length))))
      rest = rest.dropFirst(9 + length)
    }
    #expect(rest.isEmpty)
    #expect(frames.map(\.type) == [4, 1, 0])
    #expect(frames.map(\.flags) == [0, 4, 1])
    #expect(frames.map(\.stream) == [0, 1, 1])
    let fields = String(decoding: frames[1].payload, as: UTF8.self)
    for field in ["/grpc.health.v1.Health/Check", "[::1]:50051", "application/grpc", "trailers"] {
      #expect(fields.contains(field))
    }
    #expect(frames[2].payload == [0, 0, 0, 0, 5, 10, 3, 97, 46, 66])
  }

  @Test func longNamesAreEncodedInMoreBytes() {
    let host = [UInt8](repeating: 97, count: 253)
    let service = [UInt8](repeating: 98, count: 256)
    let request = GRPCHealth.request(host: host.span, port: 65535, service: service.span)
    // 259 bytes of authority: 127, then 132 in two bytes (RFC 7541, section 5.1).
    #expect(request.contains([1, 0x7f, 0x84, 0x01] + host.prefix(3)))
    #expect(request.contains([0, 0, 0, 1, 3, 10, 0x80, 0x02] + service.prefix(3)))
    let empty = GRPCHealth.request(host: Span(), port: 1, service: Span())
    #expect(Array(empty.suffix(14)) == [0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0])
  }

  private func parse(_ bytes: [UInt8]) -> GRPCReplyParser.Progress {
    var parser = GRPCReplyParser()
    return parser.advance(over: bytes.span)
  }
}
