import CLinux
import DrainCore

/// The file that Kubernetes reads when a container has ended: `kubectl describe pod` shows what is in it.
public enum TerminationMessage {
  /// Writes a line there, where the file is a regular one, may be written, and is empty: what the app wrote
  /// itself says more.
  ///
  /// Source: Kubernetes' `terminationMessagePath`, whose default this is; the kubelet reads 4096 bytes.
  public static func write(_ line: borrowing ByteBuffer) {
    // Not to wait, should it be a FIFO.
    guard let file = try? SystemCall.open("/dev/termination-log", O_WRONLY | O_NONBLOCK)
    else { return }
    var status = stat()
    if fstat(file.number, &status) != 0 || linux_file_type(&status) != linux_S_IFREG
      || status.st_size != 0
    {
      return
    }
    _ = line.withBytes { SystemCall.write(file.number, $0) }
  }
}
