import CLinux

@testable import DrainLinux

/// Has the kernel refuse the calling thread, for good, every netlink socket (seccomp(2)).
func refuseNetlink() throws {
  // struct sock_filter: load the call's number; is it socket? Load its first argument; is it AF_NETLINK? Then
  // SECCOMP_RET_ERRNO with EPERM, else allow.
  func instruction(_ code: UInt64, _ isTrue: UInt64, _ isFalse: UInt64, _ value: UInt64) -> UInt64 {
    code | isTrue << 16 | isFalse << 24 | value << 32
  }
  var program = [
    instruction(0x20, 0, 0, 0), instruction(0x15, 0, 3, UInt64(SYS_socket)),
    instruction(0x20, 0, 0, 16), instruction(0x15, 0, 1, UInt64(AF_NETLINK)),
    instruction(0x06, 0, 0, 0x5_0001), instruction(0x06, 0, 0, 0x7fff_0000),
  ]
  let count = program.count
  let result = program.withUnsafeMutableBytes { code in
    var whole: (Int, UnsafeMutableRawPointer?) = (count, code.baseAddress)
    return withUnsafePointer(to: &whole) {
      // PR_SET_NO_NEW_PRIVS; PR_SET_SECCOMP with SECCOMP_MODE_FILTER.
      linux_prctl(38, 1) == 0
        ? linux_syscall(Int(SYS_prctl), 22, 2, Int(bitPattern: $0), 0, 0, 0) : -1
    }
  }
  if result != 0 { throw Errno.last }
}
