/// What the beginning of a file says of how it is executed (execve(2), elf(5)).
public enum ProgramHead: Equatable, BitwiseCopyable, Sendable {
  /// A script whose first line names its interpreter, which lies there.
  case script(interpreter: ByteRange)
  /// A program of Linux.
  case program(ELFHeader)
  /// A program of another system.
  case macOS
  case windows
  /// Text of which nothing says who is to run it: a script for the shell.
  case text
  /// Nothing that anybody could run.
  case binary

  // BINPRM_BUF_SIZE: the kernel looks at no more for a script's interpreter.
  /// How many bytes of a file are asked for.
  public static var size: Int { 256 }

  /// Reads the first bytes of a file, of which at most `size` count.
  public init(_ file: Span<UInt8>) {
    let bytes = file.before(ProgramHead.size)
    if hasPrefix(bytes, "\u{7f}ELF") {
      self = .program(ELFHeader(bytes))
    } else if let interpreter = ProgramHead.interpreter(bytes) {
      self = .script(interpreter: interpreter)
    } else if bytes.host32(at: 0) & 0xffff_fffe == 0xfeed_face {
      self = .macOS
    } else if let zero = bytes.index(of: 0), zero < bytes.index(of: lineFeed) ?? bytes.count {
      // A text has no such byte in its first line; bash decides by the same.
      self = hasPrefix(bytes, "MZ") ? .windows : .binary
    } else {
      self = .text
    }
  }

  /// Where the interpreter's path lies; nil where the kernel sees none (load_script() of
  /// fs/binfmt_script.c).
  private static func interpreter(_ bytes: Span<UInt8>) -> ByteRange? {
    if !hasPrefix(bytes, "#!") { return nil }
    var start = 2
    while start < bytes.count && (bytes[start] == space || bytes[start] == tab) { start &+= 1 }
    var end = start
    while end < bytes.count && bytes[end] != space && bytes[end] != tab && bytes[end] != lineFeed
      && bytes[end] != 0
    { end &+= 1 }
    // One that goes on where the kernel does not look is none.
    return end > start && end < size ? ByteRange(start: start, end: end) : nil
  }
}

/// What is wanted of a program's first bytes (elf(5)); nothing of it is trusted.
public struct ELFHeader: Equatable, BitwiseCopyable, Sendable {
  /// For which machine it was made (EM_X86_64 and others).
  public let machine: UInt16
  /// Where its program headers lie, how many they are and how long each is.
  public let table: UInt64
  public let count: Int
  public let entrySize: Int
  private let is64: Bool

  /// The machine that this drainit was made for.
  public static var native: UInt16 {
    #if arch(arm64)
      183
    #else
      62
    #endif
  }

  init(_ bytes: Span<UInt8>) {
    is64 = bytes.byte(4) == 2
    // Its own byte order; of one that is not ours nothing else is read.
    let isForeign = bytes.byte(5) == 2
    machine = isForeign ? bytes.host16(at: 18).byteSwapped : bytes.host16(at: 18)
    table = is64 ? bytes.host64(at: 32) : UInt64(bytes.host32(at: 28))
    entrySize = is64 ? 56 : 32
    count = isForeign ? 0 : Int(bytes.host16(at: is64 ? 56 : 44))
  }

  /// Where the path of the loader that it needs lies in the file, if that header (PT_INTERP) says so;
  /// a length that the kernel would not take is none.
  public func loader(_ header: Span<UInt8>) -> (offset: UInt64, length: Int)? {
    if header.count < entrySize || header.host32(at: 0) != 3 { return nil }
    let offset = is64 ? header.host64(at: 8) : UInt64(header.host32(at: 4))
    let length = is64 ? header.host64(at: 32) : UInt64(header.host32(at: 16))
    // PATH_MAX, and a byte before the zero at its end (load_elf_binary() of fs/binfmt_elf.c).
    if length < 2 || length > 4096 || offset > UInt64(Int64.max) { return nil }
    return (offset, Int(length))
  }
}
