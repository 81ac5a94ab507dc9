import CLinux
import DrainCore

/// The memory that a child needs until it is its program: a stack, room for paths and for the
/// arguments of a script. Mapped for one start and then given back.
struct LaunchMemory: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let size: Int
  private let scriptRoom: Int
  private var isLeft = false

  // Only the pages that are used are taken: about two.
  private static var stackRoom: Int { 64 << 10 }

  /// Maps memory for a start of these arguments.
  init(for arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws(Errno) {
    let scriptRoom = ProgramSearch.scriptRoom(arguments)
    let size =
      scriptRoom &+ ProcessIDEntries.textRoom &+ ProgramSearch.pathRoom &+ LaunchMemory.stackRoom
      &+ MemoryLayout<Launch>.size
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else { throw Errno.last }
    base = memory
    self.size = size
    self.scriptRoom = scriptRoom
  }

  deinit { if !isLeft { _ = munmap(base, size) } }

  /// Keeps a launch in this memory, for a child that reads it there.
  borrowing func keep(_ launch: Launch) -> UnsafeMutablePointer<Launch> {
    // Every room before it is a multiple of its alignment.
    let place = base + LaunchMemory.stackRoom + scriptRoom + ProcessIDEntries.textRoom
    let pointer = (place + ProgramSearch.pathRoom).assumingMemoryBound(to: Launch.self)
    pointer.initialize(to: launch)
    return pointer
  }

  /// Leaves it mapped, for whoever still uses it.
  mutating func leave() -> UnsafeMutableRawBufferPointer {
    isLeft = true
    return UnsafeMutableRawBufferPointer(start: base, count: size)
  }

  /// The end of the stack, at which it begins: it grows downwards, away from the rest.
  var stackEnd: UnsafeMutableRawPointer {
    // Both architectures want 16 bytes' alignment there.
    let end = base + LaunchMemory.stackRoom
    return UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: end) & ~15) ?? end
  }

  /// A launch of that program, with its buffers in this memory; its lifetime is the memory's. What names the
  /// process `pid` in the environment will name the program.
  borrowing func launch(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, naming pid: Int32,
    mask: SignalSet, dispositions: Dispositions
  ) -> Launch {
    let text = base + LaunchMemory.stackRoom + scriptRoom
    return Launch(
      search: search(arguments, environment), mask: mask, dispositions: dispositions,
      processIDs: ProcessIDEntries(
        naming: pid, in: environment, text: text.assumingMemoryBound(to: CChar.self)))
  }

  /// The search for that program, with its buffers in this memory; its lifetime is the memory's.
  borrowing func search(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> ProgramSearch {
    let script = base + LaunchMemory.stackRoom
    let path = script + scriptRoom + ProcessIDEntries.textRoom
    return ProgramSearch(
      arguments: arguments, environment: environment,
      path: UnsafeMutableBufferPointer(
        start: path.assumingMemoryBound(to: CChar.self), count: ProgramSearch.pathRoom),
      scriptArguments: script.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self))
  }
}
