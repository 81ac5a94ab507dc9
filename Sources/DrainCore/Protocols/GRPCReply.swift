/// Reads a server's answer to the health call, however its bytes arrive.
///
/// Frames are walked (RFC 9113, section 4.1) and only stream 1 is read: its message, and of its headers
/// the two that say whether the call succeeded (`GRPCHeaders`). No more than
/// `ProtocolLimits.replyBytes` are looked at.
public struct GRPCReplyParser: BitwiseCopyable, Sendable {
  /// What is known after the bytes so far.
  public enum Progress: Equatable, BitwiseCopyable, Sendable {
    case needMore
    /// The call is over, with this ServingStatus (0 unknown, 1 serving, 2 not serving, 3 no such
    /// service).
    case status(UInt32)
    /// The call is over, and there was no message: the server has refused it.
    case noMessage
    /// The call is over, and has failed with this status of gRPC's.
    case failed(UInt32)
    /// Whoever answers is no gRPC server, and says so by HTTP's status.
    case httpStatus(UInt32)
    /// It is not HTTP/2, or not gRPC.
    case malformed
  }

  /// Set when the server's settings have come; the caller acknowledges them and clears it.
  public var owesAcknowledgement = false

  // The largest frame that a client who has not said otherwise may be sent.
  private static var frameLimit: Int { 16_384 }
  // A HealthCheckResponse has 2 bytes.
  private static var messageLimit: Int { 64 }

  private var head = InlineArray<9, UInt8>(repeating: 0)
  private var headCount = 0
  private var left = 0
  private var type: UInt8 = 0
  private var flags: UInt8 = 0
  private var isOurs = false
  private var isFirst = true
  /// The padding at the end of the present frame; -1 where its length byte is still to come.
  private var padding = 0
  /// How many bytes of a HEADERS frame's priority are still to come.
  private var priority = 0
  /// Whether the stream ends with the header block that is being read.
  private var endsWithBlock = false
  private var headers = GRPCHeaders()
  private var prefix = InlineArray<5, UInt8>(repeating: 0)
  private var prefixCount = 0
  private var message = InlineArray<64, UInt8>(repeating: 0)
  private var messageCount = 0
  private var total = 0

  public init() {}

  /// Goes on with bytes that follow those that were given before.
  public mutating func advance(over bytes: Span<UInt8>) -> Progress {
    for index in 0..<bytes.count {
      total &+= 1
      if total > ProtocolLimits.replyBytes { return .malformed }
      if headCount < 9 {
        head[headCount] = bytes[index]
        headCount &+= 1
        if headCount == 9 && !beginFrame() { return .malformed }
      } else if !takePayload(bytes[index]) {
        return .malformed
      }
      if headCount == 9 && left == 0, let end = endFrame() { return end }
    }
    return .needMore
  }

  private mutating func beginFrame() -> Bool {
    left = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    type = head[3]
    flags = head[4]
    let stream =
      UInt32(head[5] & 0x7f) << 24 | UInt32(head[6]) << 16 | UInt32(head[7]) << 8
      | UInt32(head[8])
    isOurs = stream == 1
    // RFC 9113, section 3.4: a server's first frame is its settings.
    if isFirst && (type != FrameType.settings || flags & 1 != 0) { return false }
    isFirst = false
    if type == FrameType.settings && flags & 1 == 0 { owesAcknowledgement = true }
    // PADDED: the first byte says how many at the end do not count.
    let isHeaders = type == FrameType.headers
    padding = (type == FrameType.data || isHeaders) && flags & 0x8 != 0 ? -1 : 0
    if padding == -1 && left == 0 { return false }
    if isHeaders && isOurs {
      priority = flags & 0x20 != 0 ? 5 : 0
      endsWithBlock = flags & 0x1 != 0
      headers.begin()
    }
    return left <= GRPCReplyParser.frameLimit
  }

  private mutating func takePayload(_ byte: UInt8) -> Bool {
    left &-= 1
    guard isOurs, type <= FrameType.headers || type == FrameType.continuation else { return true }
    if padding == -1 {
      padding = Int(byte)
      return padding <= left
    }
    if left < padding { return true }
    if type == FrameType.data { return takeMessage(byte) }
    if priority > 0 {
      priority &-= 1
    } else {
      headers.take(byte)
    }
    return true
  }

  private mutating func takeMessage(_ byte: UInt8) -> Bool {
    if prefixCount < 5 {
      prefix[prefixCount] = byte
      prefixCount &+= 1
      // The first byte is 1 for a compressed message, which nobody asked for.
      return prefixCount < 5 || (prefix[0] == 0 && messageLength <= GRPCReplyParser.messageLimit)
    }
    // A unary call has one message; what follows it is not one.
    guard messageCount < messageLength else { return false }
    message[messageCount] = byte
    messageCount &+= 1
    return true
  }

  private var messageLength: Int {
    Int(prefix[1]) << 24 | Int(prefix[2]) << 16 | Int(prefix[3]) << 8 | Int(prefix[4])
  }

  /// What a whole frame means for the call.
  private mutating func endFrame() -> Progress? {
    headCount = 0
    switch type {
    case FrameType.data: return isOurs && flags & 0x1 != 0 ? conclude() : nil
    case FrameType.headers, FrameType.continuation:
      // END_HEADERS: the block is whole.
      return isOurs && endsWithBlock && flags & 0x4 != 0 ? conclude() : nil
    case FrameType.reset: return isOurs ? conclude() : nil
    default: return nil
    }
  }

  private func conclude() -> Progress {
    if headers.httpStatus != 0 && headers.httpStatus != 200 {
      return .httpStatus(headers.httpStatus)
    }
    // UNIMPLEMENTED says that there is no such call; 0 is success.
    if let status = headers.callStatus, status != 0, status != 12 { return .failed(status) }
    if headers.callStatus == 12 { return .noMessage }
    guard prefixCount > 0 else { return .noMessage }
    guard prefixCount == 5, messageCount == messageLength else { return .malformed }
    let bytes = message.span.extracting(0..<messageCount)
    guard let status = HealthMessage.status(bytes) else { return .malformed }
    return .status(status)
  }
}

/// The types of HTTP/2 frames that matter here (RFC 9113, section 6).
private enum FrameType {
  static var data: UInt8 { 0 }
  static var headers: UInt8 { 1 }
  static var reset: UInt8 { 3 }
  static var settings: UInt8 { 4 }
  static var continuation: UInt8 { 9 }
}

/// grpc.health.v1.HealthCheckResponse, in protocol buffers' wire format.
enum HealthMessage {
  /// Field 1, an enumeration; 0 where it is left out. Nil where the bytes are no message.
  static func status(_ bytes: Span<UInt8>) -> UInt32? {
    var status: UInt32 = 0
    var index = 0
    while index < bytes.count {
      guard let tag = varint(bytes, &index), tag >> 3 > 0 else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = varint(bytes, &index) else { return nil }
        if tag >> 3 == 1 { status = UInt32(truncatingIfNeeded: value) }
      case 1: index &+= 8
      case 2:
        guard let length = varint(bytes, &index), length <= UInt64(bytes.count) else { return nil }
        index &+= Int(length)
      case 5: index &+= 4
      default: return nil
      }
      if index > bytes.count { return nil }
    }
    return status
  }

  private static func varint(_ bytes: Span<UInt8>, _ index: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in 0..<10 {
      guard index < bytes.count else { return nil }
      let byte = bytes[index]
      index &+= 1
      value |= UInt64(byte & 0x7f) << UInt64(shift &* 7)
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
