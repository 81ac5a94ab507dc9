/// Why a program cannot be started, where the system's own reason does not say it.
public struct ProgramObstacle: Equatable, Sendable {
  public enum Kind: Equatable, BitwiseCopyable, Sendable {
    /// No directory of PATH has it.
    case notInPath
    /// It may not be executed: EISDIR, EACCES, or EPERM where nothing of its file system may be.
    case refused(errno: Int32)
    /// It has capabilities (setcap) that it is refused: EPERM.
    case capabilities
    /// A script without an interpreter line, and there is no shell.
    case noShell
    /// The interpreter that its first line names, or the loader that it was linked with, cannot be used, for
    /// this reason (errno(3)).
    case interpreter(errno: Int32)
    case loader(errno: Int32)
    /// It was made for another machine or system.
    case machine(UInt16)
    case macOS
    case windows
  }

  public let kind: Kind
  /// The interpreter or loader that it is about; empty where it is the program itself.
  public let file: [UInt8]

  public init(_ kind: Kind, _ file: [UInt8] = []) {
    self.kind = kind
    self.file = file
  }
}

extension ByteBuffer {
  mutating func append(_ obstacle: ProgramObstacle) {
    append(obstacle.file.isEmpty ? "it " : "it needs ")
    append(escaping: obstacle.file.span)
    switch obstacle.kind {
    case .notInPath: append("is in no directory of PATH: no such file")
    case .refused(let errno):
      switch errno {
      case 1: append("is on a file system that is mounted noexec")
      case 21: append("is a directory")
      default: append("is not executable: permission denied (chmod +x)")
      }
    case .capabilities:
      append(obstacle.file.isEmpty ? "has" : ", which has")
      append(" capabilities (setcap) that this container may not have")
    case .noShell: append("is a script without #!, and there is no /bin/sh")
    case .interpreter(let errno):
      append(" (its #! line): ")
      append(errno: errno)
      if obstacle.file.span.lastIndex(of: UInt8(ascii: "\r")) != nil {
        append("; its lines end with CR LF: save it with LF alone")
      }
    case .loader(let errno):
      append(" (its ELF loader): ")
      append(errno: errno)
      if errno != 2 { return }
      if obstacle.file.span.index(of: "ld-linux") != nil {
        append("; it was built for glibc, and this image has none")
      } else if obstacle.file.span.index(of: "ld-musl") != nil {
        append("; it was built for musl, and this image has none")
      }
    case .machine(let number):
      append(obstacle.file.isEmpty ? "is" : ",")
      append(" a program for ")
      append(UInt64(number), in: machines, else: "machine ")
      append(", and this machine is ")
      append(UInt64(ELFHeader.native), in: machines, else: "machine ")
    case .macOS, .windows:
      append(obstacle.file.isEmpty ? "is" : ",")
      append(" a program for ")
      append(obstacle.kind == .macOS ? "macOS" : "Windows")
    }
  }
}

/// Machines as images name them (GOARCH), by their numbers (elf(5), e_machine).
private var machines: Literal {
  """
  3 386
  21 ppc64le
  22 s390x
  40 arm
  62 amd64
  183 arm64
  243 riscv64
  """
}
