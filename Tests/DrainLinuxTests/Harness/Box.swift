import Foundation

/// A shell in a network and a PID namespace of its own, with pipes to it; what it started ends with it.
final class Box {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()

  /// Runs a shell script; `$probe` is the TrafficProbe.
  init(_ script: String) throws {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var folder = bundle.deletingLastPathComponent()
    while !FileManager.default.fileExists(atPath: folder.path + "/TrafficProbe"),
      folder.path != "/"
    {
      folder.deleteLastPathComponent()
    }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = [
      "-n", "-p", "-f", "--mount-proc", "--kill-child", "sh", "-euc",
      "ip link set lo up\n" + script,
    ]
    process.environment = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "probe": folder.path + "/TrafficProbe",
      "LD_LIBRARY_PATH": Box.swiftLibraries,
    ]
    // A box that has ended is told by its answer, not by a signal.
    signal(SIGPIPE, SIG_IGN)
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  /// The next line of its output, or nil at its end.
  func line() -> String? {
    while true {
      if let end = pending.firstIndex(of: 10) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending = Data(pending[(end + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending.append(more)
    }
  }

  /// Sends a line and returns the answer.
  func ask(_ line: String) -> String {
    try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    return self.line() ?? "ended"
  }

  /// Closes its input, which ends it, and waits.
  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  deinit { end() }

  /// The folder of this process's own Swift libraries: a debug build does not name it.
  private static let swiftLibraries: String = {
    let file = FileHandle(forReadingAtPath: "/proc/self/maps")
    let maps = String(decoding: file?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
    let core = maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }
    let path = core.flatMap { $0.split(separator: " ").last } ?? ""
    return URL(fileURLWithPath: String(path)).deletingLastPathComponent().path
  }()

  /// Where cgroup v2 is mounted, alone or beside v1.
  static let cgroupRoot =
    FileManager.default.fileExists(atPath: "/sys/fs/cgroup/unified/cgroup.procs")
    ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup"

  /// Whether the test may make a cgroup of its own.
  static let canMakeCgroups = FileManager.default.isWritableFile(
    atPath: cgroupRoot + "/cgroup.procs")

  /// Runs a program whose socket(AF_NETLINK) fails with EPERM, by a seccomp filter.
  static let withoutNetlink = "/usr/bin/python3 -c '\(refusal)'"

  // struct sock_filter: load the call's number; is it socket (41 on amd64, 198 on arm64)? Load its
  // first argument; is it AF_NETLINK (16)? Then SECCOMP_RET_ERRNO with EPERM, else allow.
  private static let refusal = """
    import ctypes, os, platform, struct, sys
    number = 41 if platform.machine() == "x86_64" else 198
    code = b"".join(struct.pack("HBBI", *i) for i in [
        (0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, 16),
        (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)])
    held = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", 6, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, program, 0, 0) == 0
    os.execvp(sys.argv[1], sys.argv[1:])
    """

  /// A Python program that opens sockets, says so and keeps them.
  ///
  /// `words` are `tcp4:PORT`, `tcp6:PORT`, `udp4:PORT`, `bound4:PORT` (no listen), `pool:PORT` (two
  /// workers with SO_REUSEPORT), `user:UID` (from here on as another user).
  static func sockets(_ words: String) -> String {
    "/usr/bin/python3 -c '\(program)' \(words)"
  }

  private static let program = """
    import os, socket, sys, time
    kept = []
    for word in sys.argv[1:]:
        kind, number = word.split(":")
        number = int(number)
        if kind == "user":
            os.setgid(number)
            os.setuid(number)
            continue
        family = socket.AF_INET6 if kind.endswith("6") else socket.AF_INET
        datagram = kind.startswith("udp")
        kept.append(socket.socket(family, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM))
        if kind == "pool":
            kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        kept[-1].bind(("::" if family == socket.AF_INET6 else "0.0.0.0", number))
        if kind.startswith("tcp") or kind == "pool":
            kept[-1].listen(16)
    print("open", flush=True)
    time.sleep(600)
    """
}
