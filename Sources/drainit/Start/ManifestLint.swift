import CLinux
import DrainCore
import DrainLinux

/// `--lint`: what in the manifests on standard input would lose requests.
enum ManifestLint {
  /// Reads the manifests and looks at them; nil, and the reason in `words`, where that cannot be.
  @inline(never) static func findings(_ words: inout ByteBuffer) -> Lint? {
    do throws(YAMLProblem) {
      let lint = try Lint.looking(at: input())
      if lint.pods > 0 { return lint }
      words.append("no pod in it: a Pod, what has a pod template, or a List of these")
    } catch {
      error.append(to: &words)
    }
    return nil
  }

  /// Prints all findings, a line each.
  static func print(
    _ lint: borrowing Lint, asJSON: Bool, by write: (inout ByteBuffer) -> Void
  ) {
    var lines = ByteBuffer(capacity: Lint.longestLine &* 4)
    for index in 0..<lint.count {
      lint.append(index, asJSON: asJSON, to: &lines)
      if lines.room < Lint.longestLine { write(&lines) }
    }
    write(&lines)
  }

  /// Standard input up to its end, or a byte more than is read.
  private static func input() -> ByteBuffer {
    var text = ByteBuffer(capacity: YAMLStream.longest &+ (1 << 20))
    var isOpen = true
    while isOpen && text.count <= YAMLStream.longest {
      text.fill { room in
        let piece = UnsafeMutableRawBufferPointer(rebasing: room.prefix(1 << 20))
        guard case .bytes(let count) = SystemCall.read(STDIN_FILENO, into: piece) else {
          isOpen = false
          return 0
        }
        return count
      }
    }
    return text
  }
}
