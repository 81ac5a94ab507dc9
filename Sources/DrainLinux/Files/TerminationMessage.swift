import CLinux
import DrainCore

/// The file that Kubernetes reads when a container has ended: `kubectl describe pod` shows what is in it.
public enum TerminationMessage {
  /// Writes a line there, where the file is a regular one, may be written, and is empty or holds no more than
  /// `earlier` bytes of ours: what the app wrote itself says more. Returns how many bytes of ours it holds.
  ///
  /// Source: Kubernetes' `terminationMessagePath`, whose default this is; the kubelet reads 4096 bytes.
  @inline(never) public static func write(_ line: borrowing ByteBuffer, replacing earlier: Int)
    -> Int
  {
    line.withBytes { write($0, replacing: earlier) }
  }

  @inline(never) static func write(_ line: UnsafeRawBufferPointer, replacing earlier: Int) -> Int {
    // Not to wait, should it be a FIFO. The kubelet's is a file that is mounted there: where a link is, somebody
    // else has put it, and drainit, which may be root, writes to no file that another chose.
    let flags = O_WRONLY | O_NONBLOCK | O_NOFOLLOW
    guard let file = try? SystemCall.open("/dev/termination-log", flags) else { return 0 }
    var status = stat()
    if fstat(file.number, &status) != 0 || linux_file_type(&status) != linux_S_IFREG
      || (status.st_size != 0 && status.st_size != earlier)
    {
      return 0
    }
    guard case .bytes(let count) = SystemCall.write(file.number, line) else {
      return 0
    }
    // The new line is there before the rest of a longer one goes.
    if count < earlier && ftruncate(file.number, count) != 0 { return earlier }
    return count
  }
}
