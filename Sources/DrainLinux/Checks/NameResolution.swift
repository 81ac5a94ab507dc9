import CLinux
import DrainCore

/// A host's name being resolved, in a child: whoever reads files and waits for name servers may block
/// for seconds.
///
/// The answer comes through a pipe, whole or not at all. The `Reaper` tells of the child's end, which
/// says nothing new.
public struct NameResolution: ~Copyable {
  /// The child.
  public let pid: Int32
  private let reader: FileDescriptor

  /// Begins to resolve a name that has no zero byte in it.
  public init(_ name: [UInt8]) throws(Errno) {
    let pipe = try Pipe()
    let child = NameResolution.fork(name, pipe.writer.number)
    if child == -1 { throw Errno.last }
    pid = child
    // Both sides do it, as for a program: it is told apart from the app's processes by that.
    _ = setpgid(child, child)
    // Our writing end is closed with the rest of the pipe: its end is then the child's end.
    reader = pipe.reader
  }

  /// The descriptor to watch: readable when the answer is there, or when none will come.
  public var number: Int32 { reader.number }

  /// The answer, without an address where the name has none or could not be resolved; nil while
  /// there is none yet.
  public borrowing func take() -> AddressList? {
    withUnsafeTemporaryAllocation(byteCount: AnswerRoom.bytes, alignment: 16) { buffer in
      switch SystemCall.read(reader.number, into: buffer) {
      case .wouldBlock: return nil
      case .endOfFile, .failed: return AddressList()
      case .bytes(let length):
        var list = AddressList()
        for index in 0..<(length / AnswerRoom.address) {
          let bits = buffer.load(fromByteOffset: index &* AnswerRoom.address, as: UInt128.self)
          list.append(IPAddress(bits: bits))
        }
        return list
      }
    }
  }

  /// Ends the attempt, where it takes too long. Only while the child is not reaped.
  public borrowing func cancel() { _ = kill(pid, SIGKILL) }

  /// What the child writes: addresses as the numbers that they are, in one write.
  private enum AnswerRoom {
    static var address: Int { MemoryLayout<UInt128>.size }
    static var bytes: Int { 8 &* address }
  }

  /// Starts the child. Nothing that owns a descriptor is alive in here, where the child ends.
  private static func fork(_ name: [UInt8], _ writer: Int32) -> Int32 {
    let parent = getpid()
    let child = linux_fork()
    if child != 0 { return child }
    _ = setpgid(0, 0)
    _ = linux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
    // What drainit has open would stay open with the child: a connection's other side, a log's.
    let kept: InlineArray<1, Int32> = [writer]
    InheritedDescriptors.close(keeping: kept.span)
    if getppid() == parent { answer(name, writer) }
    _exit(0)
  }

  private static func answer(_ name: [UInt8], _ writer: Int32) {
    let list = Resolver.addresses(of: name)
    withUnsafeTemporaryAllocation(byteCount: AnswerRoom.bytes, alignment: 16) { buffer in
      var used = 0
      for index in 0..<list.count {
        guard let address = list[index], used < buffer.count else { break }
        buffer.storeBytes(of: address.bits, toByteOffset: used, as: UInt128.self)
        used &+= AnswerRoom.address
      }
      if used > 0 {
        _ = SystemCall.write(writer, UnsafeRawBufferPointer(rebasing: buffer[..<used]))
      }
    }
  }
}
