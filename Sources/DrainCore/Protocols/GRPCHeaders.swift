/// Finds `:status` and `grpc-status` in a server's header blocks, however their bytes arrive.
///
/// Both are found without HPACK's dynamic table and its Huffman code: `:status` is a name of the static
/// table, and `grpc-status` is not, so that the trailers of a connection's first call spell it out, in
/// one of two ways. The rest of a block is passed over; one that cannot be followed tells nothing.
struct GRPCHeaders: BitwiseCopyable {
  /// The HTTP status; 0 where none was seen.
  private(set) var httpStatus: UInt32 = 0
  /// The call's status (grpc.io, status codes); nil where none was seen.
  private(set) var callStatus: UInt32?

  private enum Place: UInt8 {
    case field
    /// In an index of more than one byte.
    case index
    case nameLength, nameLengthRest, name
    case valueLength, valueLengthRest, value
    case lost
  }

  private enum Field: UInt8 {
    case other, http, call
  }

  private static var name: StaticString { "grpc-status" }
  /// The same by the code of RFC 7541, appendix B.
  private static var codedName: InlineArray<8, UInt8> {
    [0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f]
  }

  private var place = Place.field
  private var afterIndex = Place.field
  private var field = Field.other
  private var isCoded = false
  private var left = 0
  private var shift = 0
  private var seen = 0
  private var number: UInt32 = 0
  private var bits: UInt32 = 0

  init() {}

  /// A block begins.
  mutating func begin() { place = .field }

  /// Takes a block's next byte (RFC 7541, section 6).
  mutating func take(_ byte: UInt8) {
    switch place {
    case .field: beginField(byte)
    case .index: if byte & 0x80 == 0 { place = afterIndex }
    case .nameLength, .valueLength:
      isCoded = byte & 0x80 != 0
      left = Int(byte & 0x7f)
      shift = 0
      seen = 0
      if left < 0x7f {
        beginText()
      } else {
        place = place == .nameLength ? .nameLengthRest : .valueLengthRest
      }
    case .nameLengthRest, .valueLengthRest:
      left &+= Int(byte & 0x7f) << shift
      shift &+= 7
      if byte & 0x80 == 0 {
        beginText()
      } else if shift > 14 {
        place = .lost
      }
    case .name:
      compare(byte)
      left &-= 1
      if left == 0 { place = .valueLength }
    case .value:
      read(byte)
      left &-= 1
      if left == 0 { endValue() }
    case .lost: break
    }
  }

  private mutating func beginField(_ byte: UInt8) {
    field = .other
    if byte & 0x80 != 0 {
      // 8 to 14 are `:status` with its commonest values.
      let statuses: InlineArray<7, UInt32> = [200, 204, 206, 304, 400, 404, 500]
      if byte >= 0x88 && byte <= 0x8e { httpStatus = statuses[Int(byte &- 0x88)] }
      if byte == 0xff { skipIndex(then: .field) }
      return
    }
    // The table's size.
    if byte & 0xe0 == 0x20 {
      if byte & 0x1f == 0x1f { skipIndex(then: .field) }
      return
    }
    let limit: UInt8 = byte & 0x40 != 0 ? 0x3f : 0x0f
    let index = byte & limit
    if index == limit { return skipIndex(then: .valueLength) }
    if index >= 8 && index <= 14 { field = .http }
    place = index == 0 ? .nameLength : .valueLength
  }

  private mutating func skipIndex(then next: Place) {
    place = .index
    afterIndex = next
  }

  /// A text's length is known.
  private mutating func beginText() {
    let isName = place == .nameLength || place == .nameLengthRest
    if isName {
      let length =
        isCoded ? GRPCHeaders.codedName.count : GRPCHeaders.name.utf8CodeUnitCount
      field = left == length ? .call : .other
      place = left == 0 ? .valueLength : .name
      return
    }
    number = 0
    bits = 0
    place = .value
    if left == 0 { endValue() }
  }

  private mutating func compare(_ byte: UInt8) {
    if field == .call {
      let expected =
        isCoded ? GRPCHeaders.codedName[seen] : GRPCHeaders.name.utf8Start[seen]
      if byte != expected { field = .other }
    }
    seen &+= 1
  }

  private mutating func read(_ byte: UInt8) {
    if field == .other { return }
    seen &+= 1
    if isCoded {
      bits = bits << 8 | UInt32(byte)
    } else {
      append(byte.isDigit ? UInt32(byte &- UInt8(ascii: "0")) : nil)
    }
  }

  /// Appends a digit; what is none makes the number one that no status is.
  private mutating func append(_ digit: UInt32?) {
    guard let digit, number < 1000 else {
      number = 1000
      return
    }
    number = number &* 10 &+ digit
  }

  private mutating func endValue() {
    place = .field
    if field == .other { return }
    if isCoded { decode() }
    if seen == 0 || seen > 3 { number = 1000 }
    if field == .http {
      httpStatus = number
    } else {
      // What cannot be read is UNKNOWN, as for every client of gRPC.
      callStatus = number < 1000 ? number : 2
    }
  }

  /// Reads digits by their code: 0 to 2 have five bits, 3 to 9 six, and ones fill the last byte.
  private mutating func decode() {
    if seen > 3 { return }
    var count = UInt32(seen) &* 8
    while count >= 5 {
      let five = bits >> (count &- 5) & 0x1f
      if five <= 2 {
        append(five)
        count &-= 5
        continue
      }
      if count < 6 { break }
      let six = bits >> (count &- 6) & 0x3f
      if six < 25 || six > 31 { break }
      append(six &- 22)
      count &-= 6
    }
    let rest: UInt32 = (1 << count) &- 1
    if count > 7 || bits & rest != rest { number = 1000 }
  }
}
