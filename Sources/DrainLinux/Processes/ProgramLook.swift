import CLinux
import DrainCore

/// Looks at a program that could not be executed: what was in the way.
///
/// The kernel has just read what is read here. Interpreters are followed as it follows them.
public enum ProgramLook {
  // BINPRM_MAX_RECURSION: the kernel follows no more.
  private static var deepest: Int { 5 }

  /// What was in the way of the program that these arguments name; nil where the reason that the kernel gave says
  /// all that there is. For a child: it may have to wait.
  @inline(never) public static func obstacle(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ reason: Errno
  ) -> ProgramObstacle? {
    guard let memory = try? LaunchMemory(for: arguments) else { return nil }
    let search = memory.search(arguments, environment)
    guard let path = search.found() else {
      return search.isPath || reason.number != ENOENT ? nil : ProgramObstacle(.notInPath)
    }
    return obstacle(path, reason)
  }

  private static func obstacle(_ program: UnsafePointer<CChar>, _ reason: Errno) -> ProgramObstacle?
  {
    // The path of the program, then of the interpreter or loader that it needs, each with a zero.
    var path = ByteBuffer(capacity: ProgramSearch.pathRoom &+ 1)
    var head = ByteBuffer(capacity: ProgramHead.size)
    for index in 0..<strlen(program) { path.append(UInt8(bitPattern: program[index])) }
    path.append(UInt8(0))
    var isLoader = false
    for depth in 0..<deepest where path.cut == 0 {
      let refusal = look(path)
      if refusal > 0 {
        if depth == 0 {
          // Where it cannot be looked at, the kernel's reason says why.
          return refusal == ENOENT ? nil : ProgramObstacle(.refused(errno: refusal))
        }
        let errno = refusal == ENOENT ? ENOENT : EACCES
        return about(isLoader ? .loader(errno: errno) : .interpreter(errno: errno), path, depth)
      }
      guard let file = open(path), read(file, 0, ProgramHead.size, into: &head) else { return nil }
      switch ProgramHead(head.bytes) {
      case .script(let interpreter):
        path.removeAll()
        for index in interpreter.start..<interpreter.end { path.append(head.bytes[index]) }
      case .program(let header):
        let isAnother = header.machine != ELFHeader.native
        if isAnother && (reason.number == ENOEXEC || reason.number == ELIBBAD) {
          return about(.machine(header.machine), path, depth)
        }
        // Of a script the kernel goes by its interpreter's.
        if reason.number == EPERM && !isLoader && refusal < 0 {
          return about(.capabilities, path, depth)
        }
        if !findLoader(file, header, &head, &path) { return nil }
        isLoader = true
      case .macOS: return about(.macOS, path, depth)
      case .windows: return about(.windows, path, depth)
      case .text where depth == 0 && reason.number == ENOEXEC: return ProgramObstacle(.noShell)
      case .text, .binary:
        // EIO: one that is shorter than the head of a loader.
        let isBad = isLoader && (reason.number == ELIBBAD || reason.number == EIO)
        return isBad ? about(.loader(errno: ELIBBAD), path, depth) : nil
      }
      path.append(UInt8(0))
    }
    return nil
  }

  @inline(never) private static func about(
    _ kind: ProgramObstacle.Kind, _ path: borrowing ByteBuffer, _ depth: Int
  ) -> ProgramObstacle {
    var file: [UInt8] = []
    if depth > 0 { for index in 0..<path.count &- 1 { file.append(path.bytes[index]) } }
    return ProgramObstacle(kind, file)
  }

  /// What is at the place of a program: 0 for one that may be executed, -1 where it has capabilities (setcap), or
  /// why it may not: ENOENT, EISDIR, EACCES, or EPERM where nothing of its file system may be.
  @inline(never) private static func look(_ path: borrowing ByteBuffer) -> Int32 {
    path.withBytes { bytes in
      var status = stat()
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        fstatat(AT_FDCWD, start, &status, 0) == 0
      else { return ENOENT }
      if linux_file_type(&status) == linux_S_IFDIR { return EISDIR }
      if access(start, X_OK) == 0 { return -linux_has_capabilities(start) }
      return linux_is_noexec(start) != 0 ? EPERM : EACCES
    }
  }

  private static func open(_ path: borrowing ByteBuffer) -> FileDescriptor? {
    let number: Int32 = path.withBytes { bytes in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return -1 }
      // Not to wait, should it be a FIFO.
      return linux_open(start, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)
    }
    return FileDescriptor(owning: number)
  }

  /// Reads a part of the file into the buffer, which is emptied; false where there is nothing.
  @inline(never) private static func read(
    _ file: borrowing FileDescriptor, _ offset: UInt64, _ length: Int,
    into buffer: inout ByteBuffer
  ) -> Bool {
    buffer.removeAll()
    let number = file.number
    buffer.fill { bytes in
      SystemCall.retrying {
        pread(
          number, bytes.baseAddress, min(length, bytes.count), off_t(truncatingIfNeeded: offset))
      }
    }
    return buffer.count > 0
  }

  /// Finds the path of the loader that a program needs; false where it needs none.
  @inline(never) private static func findLoader(
    _ file: borrowing FileDescriptor, _ program: ELFHeader, _ head: inout ByteBuffer,
    _ path: inout ByteBuffer
  ) -> Bool {
    for index in 0..<program.count {
      let place = program.table &+ UInt64(index &* program.entrySize)
      if !read(file, place, program.entrySize, into: &head) { return false }
      guard let loader = program.loader(head.bytes) else { continue }
      if !read(file, loader.offset, loader.length, into: &path) { return false }
      // It ends at its zero, or it is none.
      guard let end = zero(path.bytes), end > 0 else { return false }
      path.truncate(to: end)
      return true
    }
    return false
  }

  private static func zero(_ bytes: Span<UInt8>) -> Int? {
    for index in 0..<bytes.count where bytes[index] == 0 { return index }
    return nil
  }
}
