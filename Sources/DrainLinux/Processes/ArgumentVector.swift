import CLinux

/// The words that a process was started with, read from argv where they lie.
///
/// The pointer that main is given stays valid as long as the process (environ(7)).
public struct ArgumentVector {
  /// How many words there are, the program's own name included.
  public let count: Int
  private let base: UnsafePointer<UnsafeMutablePointer<CChar>?>

  /// Takes argv as main is given it.
  public init(_ count: Int32, _ base: UnsafePointer<UnsafeMutablePointer<CChar>?>) {
    self.count = Int(max(count, 0))
    self.base = base
  }

  /// A copy of a word; nil where there is none.
  public func word(_ index: Int) -> [UInt8]? {
    guard index >= 0 && index < count, let word = base[index] else { return nil }
    return bytes(of: word)
  }
}

/// The variables that a process was started with, read from envp where they lie.
public struct EnvironmentVector {
  private let base: UnsafePointer<UnsafeMutablePointer<CChar>?>

  /// Takes envp as main is given it.
  public init(_ base: UnsafePointer<UnsafeMutablePointer<CChar>?>) { self.base = base }

  /// Copies of the entries, `NAME=value`, that begin with one of these; nothing else is copied.
  public func entries(beginningWith prefixes: StaticString...) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var index = 0
    while let entry = base[index] {
      for prefix in prefixes where begins(entry, with: prefix) {
        found.append(bytes(of: entry))
        break
      }
      index &+= 1
    }
    return found
  }

  /// A copy of a variable's value, the first one's of that name as getenv(3) has it; nil where it is
  /// not set.
  public func value(of name: [UInt8]) -> [UInt8]? {
    var index = 0
    while let entry = base[index] {
      index &+= 1
      // A shorter entry ends in a zero byte, which no name has.
      var length = 0
      while length < name.count && UInt8(bitPattern: entry[length]) == name[length] {
        length &+= 1
      }
      if length == name.count && UInt8(bitPattern: entry[length]) == UInt8(ascii: "=") {
        return bytes(of: entry + length + 1)
      }
    }
    return nil
  }

  private func begins(_ entry: UnsafeMutablePointer<CChar>, with prefix: StaticString) -> Bool {
    // A shorter entry ends in a zero byte, which no prefix has.
    for index in 0..<prefix.utf8CodeUnitCount
    where UInt8(truncatingIfNeeded: entry[index]) != prefix.utf8Start[index] {
      return false
    }
    return true
  }
}

/// A copy of a C string's bytes without the zero that ends it.
private func bytes(of text: UnsafeMutablePointer<CChar>) -> [UInt8] {
  let length = strlen(text)
  return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
    for index in 0..<length { buffer[index] = UInt8(truncatingIfNeeded: text[index]) }
    count = length
  }
}
