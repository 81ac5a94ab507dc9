/// The first line of an answer's body, as a person may be shown it: printable ASCII, a blank for a tab, a
/// question mark for each other byte.
///
/// It is given what follows the status (RFC 9112, sections 6 and 7), however its bytes arrive, and reads no
/// more than `ProtocolLimits.replyBytes`.
public struct HTTPBodyLine: ~Copyable {
  private enum Place: UInt8 {
    /// The rest of the status line, and each header.
    case head
    /// The first chunk's size, in a line of its own.
    case chunkSize
    case body, over
  }

  private var place = Place.head
  private var text = ByteBuffer(capacity: ProtocolLimits.bodyLineBytes)
  /// The beginning of the present header, in small letters: enough for the two that matter.
  private var header = ByteBuffer(capacity: 40)
  private var isStatusLine = true
  private var isChunked = false
  /// How many bytes of the body are to come; nil where the answer does not say so.
  private var left: UInt64?
  private var total = 0

  public init() {}

  /// Goes on with bytes that follow those that were given before; true once the line is known.
  public mutating func isOver(after bytes: Span<UInt8>) -> Bool {
    for index in 0..<bytes.count where place != .over {
      total &+= 1
      take(bytes[index])
      if total >= ProtocolLimits.replyBytes { place = .over }
    }
    return place == .over
  }

  /// Appends the line so far.
  public func append(to buffer: inout ByteBuffer) { buffer.append(text.bytes) }

  private mutating func take(_ byte: UInt8) {
    switch place {
    case .head:
      if byte == lineFeed { return endHeader() }
      if byte != carriageReturn { header.append(byte.lowercased) }
    case .chunkSize:
      if byte == lineFeed { place = .body }
    case .body:
      takeBody(byte)
      guard let rest = left else { return }
      left = rest &- 1
      if rest <= 1 { place = .over }
    case .over: break
    }
  }

  private mutating func endHeader() {
    if header.count == 0 && !isStatusLine {
      place = isChunked ? .chunkSize : left == 0 ? .over : .body
    }
    if hasPrefix(header.bytes, "transfer-encoding:") && header.bytes.index(of: "chunked") != nil {
      isChunked = true
    }
    if hasPrefix(header.bytes, "content-length:") {
      var start = 15
      while start < header.count && header.bytes[start] == space { start &+= 1 }
      left = header.bytes.from(start).decimal(atMost: .max) ?? left
    }
    isStatusLine = false
    header.removeAll()
  }

  private mutating func takeBody(_ byte: UInt8) {
    let isBlank = byte == space || byte == tab
    if byte == lineFeed || byte == carriageReturn {
      // An empty line says nothing: the next one may.
      if text.count > 0 { place = .over }
    } else if isBlank {
      if text.count > 0 { text.append(space) }
    } else {
      text.append(byte.isPrintable ? byte : UInt8(ascii: "?"))
    }
    if text.room == 0 { place = .over }
  }
}
