/// A number in decimal for a path or an entry of the environment: where there is no buffer, as in a child
/// that shares drainit's memory and must not allocate.
enum NumberText {
  /// The longest, of an Int32 that is not negative.
  static var longest: Int { 10 }

  /// Writes it and a zero byte behind it; returns how many digits it has. A negative one is written as 0.
  ///
  /// - Parameter text: room for `longest` digits and the zero byte.
  @inline(never) static func write(_ number: Int32, to text: UnsafeMutablePointer<CChar>) -> Int {
    var count = 0
    var rest = max(number, 0)
    repeat {
      count &+= 1
      rest /= 10
    } while rest > 0
    text[count] = 0
    rest = max(number, 0)
    for place in 0..<count {
      let digit = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      text[count &- 1 &- place] = CChar(bitPattern: digit)
      rest /= 10
    }
    return count
  }
}
