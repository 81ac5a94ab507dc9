import CLinux
import DrainCore

/// Executes a program by its name as execvp(3) has it, without allocating and without errno: it runs in a child
/// that shares drainit's memory.
///
/// A name with a slash is a path; any other is looked for in each directory of PATH. A text that names no
/// interpreter is a script for /bin/sh; another machine's program, which execvp(3) hands to it too, is not.
struct ProgramSearch: BitwiseCopyable {
  /// The argument vector; the first is the program's name.
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  /// Room for "directory/name"; a candidate that does not fit is left out.
  var path: UnsafeMutableBufferPointer<CChar>
  /// Room for the arguments, one more, and the null at the end.
  var scriptArguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// How many bytes `path` needs: PATH_MAX, beyond which the kernel takes none.
  static var pathRoom: Int { 4096 }

  /// How many bytes `scriptArguments` needs.
  static func scriptRoom(_ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int {
    var count = 0
    while arguments[count] != nil { count &+= 1 }
    return (count &+ 3) &* MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
  }

  /// Becomes the program; it returns only where that failed, with the reason.
  func execute() -> Errno {
    var found = Errno(ENOENT)
    visit { candidate in
      let error = execute(candidate)
      switch error.number {
      case _ where isPath, EACCES: found = error
      // A directory that is not there or cannot be reached: the next may have it.
      case ENOENT, ENOTDIR, ENODEV, ESTALE, ETIMEDOUT: break
      default:
        found = error
        return false
      }
      return true
    }
    return found
  }

  /// The first file of that name, be it executable or not; nil where there is none.
  func found() -> UnsafePointer<CChar>? {
    var found: UnsafePointer<CChar>?
    visit { candidate in
      if access(candidate, F_OK) == 0 { found = candidate }
      return found == nil
    }
    return found
  }

  /// Whether the name is a path, and is not looked for.
  var isPath: Bool {
    guard let name = arguments[0] else { return false }
    return strchr(name, Int32(UInt8(ascii: "/"))) != nil
  }

  /// Goes through the files that the name may mean, as long as `body` asks for the next one.
  @inline(never) private func visit(_ body: (UnsafePointer<CChar>) -> Bool) {
    guard let name = arguments[0], name[0] != 0 else { return }
    if isPath {
      _ = body(UnsafePointer(name))
      return
    }
    var rest = searchPath()
    while true {
      var end = rest
      while end[0] != 0 && end[0] != CChar(bitPattern: UInt8(ascii: ":")) { end += 1 }
      if let candidate = join(rest, end - rest, name), !body(candidate) { return }
      if end[0] == 0 { return }
      rest = end + 1
    }
  }

  private func execute(_ file: UnsafePointer<CChar>) -> Errno {
    let error = become(file, arguments)
    if error.number != ENOEXEC || !isScript(file) { return error }
    // sh is told the file's path, and then the script's own arguments.
    let shell: StaticString = "/bin/sh"
    let shellPath = UnsafeRawPointer(shell.utf8Start).assumingMemoryBound(to: CChar.self)
    scriptArguments[0] = UnsafeMutablePointer(mutating: shellPath)
    scriptArguments[1] = UnsafeMutablePointer(mutating: file)
    var index = 1
    while arguments[index] != nil {
      scriptArguments[index &+ 1] = arguments[index]
      index &+= 1
    }
    scriptArguments[index &+ 1] = nil
    _ = become(shellPath, scriptArguments)
    // Without a shell the file stays what it is: in a format that nobody knows.
    return error
  }

  /// The corresponding C function is `execve`.
  private func become(
    _ file: UnsafePointer<CChar>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> Errno {
    let result = linux_bare_call(
      Int(SYS_execve), Int(bitPattern: file), Int(bitPattern: arguments),
      Int(bitPattern: environment))
    return Errno(Int32(truncatingIfNeeded: -result))
  }

  /// Whether the file is a text that names no interpreter.
  private func isScript(_ file: UnsafePointer<CChar>) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: ProgramHead.size, alignment: 1) { buffer in
      // O_CLOEXEC: whatever becomes of it, the program does not get it.
      let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
      let number = linux_bare_call(
        Int(SYS_openat), Int(AT_FDCWD), Int(bitPattern: file), Int(flags))
      guard number >= 0 else { return false }
      let count = linux_bare_call(
        Int(SYS_read), number, Int(bitPattern: buffer.baseAddress), buffer.count)
      _ = linux_bare_call(Int(SYS_close), number, 0, 0)
      // An empty one is a script that does nothing.
      guard count > 0 else { return count == 0 }
      let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: count)
      return ProgramHead(Span(_unsafeBytes: bytes)) == .text
    }
  }

  /// PATH as the app's environment has it, or what musl takes where there is none.
  private func searchPath() -> UnsafePointer<CChar> {
    var index = 0
    while let entry = environment[index] {
      if strncmp(entry, "PATH=", 5) == 0 { return UnsafePointer(entry + 5) }
      index &+= 1
    }
    let usual: StaticString = "/usr/local/bin:/bin:/usr/bin"
    return UnsafeRawPointer(usual.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// "directory/name"; an empty directory is the working directory (POSIX, section 8.3).
  private func join(
    _ directory: UnsafePointer<CChar>, _ length: Int, _ name: UnsafePointer<CChar>
  ) -> UnsafePointer<CChar>? {
    guard let buffer = path.baseAddress else { return nil }
    let nameLength = strlen(name)
    var used = 0
    if length > 0 {
      if length &+ nameLength &+ 2 > path.count { return nil }
      memcpy(buffer, directory, length)
      buffer[length] = CChar(bitPattern: UInt8(ascii: "/"))
      used = length &+ 1
    } else if nameLength &+ 1 > path.count {
      return nil
    }
    memcpy(buffer + used, name, nameLength &+ 1)
    return UnsafePointer(buffer)
  }
}
