import CLinux
import DrainCore
import DrainLinux
import Foundation
import TestHarness
import Testing

@testable import drainit

/// What `--lint` says of a text on a standard input of its own.
private func lint(_ text: String, asJSON: Bool = false) throws -> (
  refusal: String, lines: [String], errors: Int, writes: Int
) {
  let folder = try Folder()
  let path = try folder.file("manifest", text)
  return try aside(.descriptors) {
    let file = try SystemCall.open(path, O_RDONLY)
    _ = dup2(file.number, STDIN_FILENO)
    var words = ByteBuffer(capacity: 4096)
    guard let lint = ManifestLint.findings(&words) else { return (words.text, [], 0, 0) }
    var printed = ""
    var writes = 0
    ManifestLint.print(lint, asJSON: asJSON) {
      printed += $0.text
      $0.removeAll()
      writes += 1
    }
    let found = lines(printed)
    let isAll = found.count == lint.count
    return (isAll ? words.text : "not all", found, lint.errors, writes)
  }
}

private func pod(_ name: String) -> String {
  #"{"kind":"Pod","metadata":{"name":"\#(name)"},"spec":{"containers":[{"name":"a","image":"x","#
    + #""command":["/drainit","--drain","5s..60s","--"],"args":["x"]}]}}"#
}

@Suite struct ManifestLintTests {
  @Test func withoutAPodThereIsNothingToLookAt() throws {
    for text in ["", "kind: ConfigMap\n", "[]"] {
      let found = try lint(text)
      #expect(
        found.refusal == "no pod in it: a Pod, what has a pod template, or a List of these")
    }
  }

  @Test func whatCannotBeReadIsSaid() throws {
    #expect(try lint("a: [").refusal.hasPrefix("line 1"))
  }

  @Test func aTextThatIsTooLongIsNotLookedAt() throws {
    let most = String(repeating: "#", count: YAMLStream.longest)
    #expect(try lint(most + "#").refusal != lint(most).refusal)
  }

  @Test func everyFindingIsALine() throws {
    let found = try lint(pod("web"))
    #expect(found.errors > 0)
    #expect(found.refusal == "")
    #expect(found.lines.filter { $0.hasPrefix("error: Pod/web: ") }.count == found.errors)
    let json = try lint(pod("web"), asJSON: true)
    #expect(json.lines.count == found.lines.count)
    #expect(json.lines.allSatisfy { $0.hasPrefix(#"{"level":""#) && $0.hasSuffix("}") })
    #expect(json.writes == 1)
  }

  // More than fit into the buffer at once.
  @Test func manyFindingsAreWrittenInParts() throws {
    let found = try lint((0..<200).map { pod("web-\($0)") }.joined(separator: "\n---\n"))
    #expect(found.refusal == "")
    #expect(found.writes > 1)
    #expect(found.lines.contains { $0.contains("Pod/web-0:") })
    #expect(found.lines.last?.contains("Pod/web-199:") == true)
  }
}
