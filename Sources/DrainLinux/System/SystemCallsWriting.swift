import CLinux

/// Writes that never wait, whatever the description's own flags say.
extension SystemCall {
  /// Sends on a socket, without waiting and without SIGPIPE.
  ///
  /// The corresponding C function is `send`.
  static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
    transfer(
      retrying {
        CLinux.send(
          descriptor, bytes.baseAddress, bytes.count, linux_MSG_NOSIGNAL | linux_MSG_DONTWAIT)
      })
  }

  /// Writes at the current place what can be written now.
  ///
  /// The corresponding C function is `pwritev2` with RWF_NOWAIT; musl 1.2.3 has none.
  @inline(never) static func writeWithoutWaiting(
    _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
  ) -> Transfer {
    var part = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    return withUnsafePointer(to: &part) { parts in
      transfer(
        retrying {
          // The offset -1 is "at the current place", which is the only one that a pipe has.
          linux_syscall(
            Int(SYS_pwritev2), Int(descriptor), Int(bitPattern: parts), 1, -1, 0,
            Int(linux_RWF_NOWAIT))
        })
    }
  }

  /// Moves bytes from one pipe to another while there is room.
  ///
  /// The corresponding C function is `splice` with SPLICE_F_NONBLOCK.
  static func splice(from source: Int32, to target: Int32, _ length: Int) -> Transfer {
    transfer(
      retrying { CLinux.splice(source, nil, target, nil, length, linux_SPLICE_F_NONBLOCK) })
  }
}

extension Errno {
  /// Whether the kernel, or a filter before it, does not have the call in that form.
  var isRefusal: Bool {
    number == EOPNOTSUPP || number == ENOSYS || number == EINVAL || number == EPERM
  }
}
