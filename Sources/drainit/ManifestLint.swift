import CLinux
import DrainCore
import DrainLinux

/// `--lint`: what in the manifest on standard input would lose requests.
struct ManifestLint: ~Copyable {
  /// A line a finding.
  var lines: ByteBuffer
  let losesRequests: Bool

  /// The longest manifest; a List of a thousand Deployments is about 4 MB.
  private static var longest: Int { 8 << 20 }
  private static var findingsBytes: Int { 256 << 10 }

  /// Reads the manifest and looks at it; nil, and the reason in `words`, where it cannot be read.
  @inline(never) static func findings(_ words: inout ByteBuffer) -> ManifestLint? {
    do throws(JSONProblem) {
      var lint = Lint(try JSONDocument(input()))
      var lines = ByteBuffer(capacity: findingsBytes)
      lint.run(into: &lines)
      if lint.pods > 0 { return ManifestLint(lines: lines, losesRequests: lint.errors > 0) }
      words.append("no pod in it: a Pod, what has a pod template, or a List of these")
    } catch {
      switch error {
      case .tooLong: words.append("more than 8 MiB")
      case .notJSON(let place):
        words.append("no JSON at byte ")
        words.append(decimal: Int64(place))
        words.append("; of YAML, kubectl apply -f - --dry-run=client -o json makes it")
      }
    }
    return nil
  }

  /// Standard input up to its end; a byte more than the longest is cut.
  private static func input() -> ByteBuffer {
    var text = ByteBuffer(capacity: longest)
    var isOpen = true
    while isOpen {
      if text.room == 0 {
        // What is left shows that it was too long.
        text.append(0x20)
        return text
      }
      text.fill { room in
        guard case .bytes(let count) = SystemCall.read(STDIN_FILENO, into: room) else {
          isOpen = false
          return 0
        }
        return count
      }
    }
    return text
  }
}
