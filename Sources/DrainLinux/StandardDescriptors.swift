import CLinux

/// Descriptors 0, 1 and 2, which must never become something else: whoever writes to the error output
/// would write there.
public enum StandardDescriptors {
  /// Opens those that are closed, close-on-exec, so that a child finds them closed as before.
  public static func fill() {
    for number in Int32(0)...2 where !SystemCall.isOpen(number) {
      // The lowest free number is the one that open(2) takes.
      var filler = linux_open("/dev/null", O_RDWR | O_CLOEXEC, 0)
      // Without /dev anything that is a descriptor will do.
      if filler < 0 { filler = epoll_create1(linux_EPOLL_CLOEXEC) }
      if filler > number { _ = close(filler) }
    }
  }
}
