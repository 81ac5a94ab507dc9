import CLinux
import DrainCore

/// What the exec of a child's program has come to.
public enum ExecOutcome: Sendable {
  /// Nothing yet: the kernel is at it, or somebody holds it.
  case pending
  /// The child is its program, or has ended before it was.
  case executed
  case failed(SpawnFailure)

  /// Why it failed; nil where it has not.
  public var failure: SpawnFailure? { if case .failed(let failure) = self { failure } else { nil } }
}

/// A child that is about to be its program, and the pipe that tells when it is.
///
/// An exec may be held for as long as somebody likes: a scanner that is asked for permission (fanotify(7)),
/// an image whose files are fetched when they are read. So nobody waits for it but the child.
public struct ExecWatch: ~Copyable {
  /// The child.
  public let pid: Int32
  private let reader: FileDescriptor
  /// What a child uses that shares drainit's memory; nil for one that does not.
  private let memory: UnsafeMutableRawBufferPointer?
  private let processIDs: ProcessIDEntries?

  init(
    _ pid: Int32, _ reader: consuming FileDescriptor,
    _ memory: UnsafeMutableRawBufferPointer? = nil, _ processIDs: ProcessIDEntries? = nil
  ) {
    self.pid = pid
    self.reader = reader
    self.memory = memory
    self.processIDs = processIDs
  }

  /// Ends the watch when there is an outcome: the child uses the memory no more once it is its program.
  public consuming func end(after outcome: ExecOutcome) {
    processIDs?.restore()
    // One that failed is about to end, and uses it until then.
    if case .executed = outcome, let memory { _ = munmap(memory.baseAddress, memory.count) }
  }

  /// The descriptor to watch: readable when there is an outcome.
  public var number: Int32 { reader.number }

  /// The outcome, which is waited for that long at most.
  ///
  /// The pipe closes with the exec; before that it has at most one message, which is whole.
  public borrowing func outcome(within milliseconds: Int32 = 0) -> ExecOutcome {
    if milliseconds > 0 {
      var item = pollfd(fd: reader.number, events: Int16(POLLIN), revents: 0)
      // Whatever it says: the read tells.
      _ = SystemCall.retrying { Int(poll(&item, 1, milliseconds)) }
    }
    return withUnsafeTemporaryAllocation(byteCount: Failure.room, alignment: 8) { buffer in
      switch SystemCall.read(reader.number, into: buffer) {
      case .wouldBlock: return .pending
      case .endOfFile, .failed: return .executed
      case .bytes(let count):
        guard count >= Failure.size else { return .executed }
        let failure = buffer.load(as: Failure.self)
        var obstacle: ProgramObstacle?
        if let kind = failure.kind {
          obstacle = ProgramObstacle(kind, [UInt8](buffer[Failure.size..<count]))
        }
        return .failed(
          SpawnFailure(reason: Errno(failure.reason), isExec: true, obstacle: obstacle))
      }
    }
  }

  /// In a child that shares drainit's memory: tells why its program could not be executed.
  static func tell(_ reason: Errno, on writer: Int32) {
    outliveReader()
    let failure = Failure(reason: reason.number, kind: nil)
    _ = withUnsafeBytes(of: failure) {
      linux_bare_call(Int(SYS_write), Int(writer), Int(bitPattern: $0.baseAddress), Failure.size)
    }
  }

  /// In a child of its own memory: tells it with what was in the way.
  static func tell(_ reason: Errno, _ obstacle: ProgramObstacle?, on writer: Int32) {
    outliveReader()
    withUnsafeTemporaryAllocation(byteCount: Failure.room, alignment: 8) { buffer in
      buffer.storeBytes(of: Failure(reason: reason.number, kind: obstacle?.kind), as: Failure.self)
      var count = Failure.size
      if let file = obstacle?.file {
        for byte in file where count < buffer.count {
          buffer[count] = byte
          count &+= 1
        }
      }
      _ = SystemCall.write(writer, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The life that would have read it may have ended by a fault: its child still ends with its own code.
  private static func outliveReader() {
    var pipe = SignalSet()
    pipe.insert(Signal(SIGPIPE))
    _ = linux_sigprocmask(linux_SIG_BLOCK, &pipe.bits, nil)
  }

  /// The message; behind it stands the interpreter or loader that it is about. Whoever reads it is the same
  /// program as who wrote it.
  private struct Failure: BitwiseCopyable {
    var reason: Int32
    var kind: ProgramObstacle.Kind?

    static var size: Int { MemoryLayout<Failure>.size }
    /// PIPE_BUF: what is no longer is written whole. A longer path is cut.
    static var room: Int { 4096 }
  }
}
