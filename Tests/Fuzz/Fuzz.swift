// What libFuzzer calls, built together with the core's own files by `Tests/Fuzz/run`: one target for
// each kind of bytes that come from outside. A target reads its input as drainit does, in pieces
// where bytes come in pieces, and stops the run where what it found contradicts itself.
import Glibc

/// A target's name, as `FUZZ_TARGET` gives it, and what it does with an input.
private struct Target {
  let name: String
  let run: (Span<UInt8>) -> Void
}

private let targets = [
  Target(name: "http-request") { fuzzHTTPRequest($0) },
  Target(name: "http-reply") { fuzzHTTPReply($0) },
  Target(name: "grpc-reply") { fuzzGRPCReply($0) },
  Target(name: "dns") { fuzzDNS($0) },
  Target(name: "resolver-files") { fuzzResolverFiles($0) },
  Target(name: "netlink") { fuzzNetlink($0) },
  Target(name: "proc") { fuzzProc($0) },
  Target(name: "program-head") { fuzzProgramHead($0) },
  Target(name: "options") { fuzzOptions($0) },
  Target(name: "values") { fuzzValues($0) },
  Target(name: "yaml") { fuzzYAML($0) },
  Target(name: "manifest") { fuzzManifest($0) },
  Target(name: "notify") { fuzzNotify($0) },
  Target(name: "hand-over") { fuzzHandOver($0) },
]

private let target: Target = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let found = targets.first(where: { $0.name == name }) else {
    fatalError("FUZZ_TARGET is one of: \(targets.map { $0.name }.joined(separator: " "))")
  }
  return found
}()

/// The corresponding C function is `LLVMFuzzerTestOneInput`.
@c(LLVMFuzzerTestOneInput) public func fuzzOneInput(
  _ bytes: UnsafePointer<UInt8>?, _ count: Int
) -> Int32 {
  // A copy of exactly that size: a read beyond its end is seen.
  let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  target.run(input.span)
  return 0
}

/// Ends the run where something does not hold that must.
func must(_ holds: Bool, _ text: StaticString) {
  precondition(holds, "\(text)")
}

/// The first byte says how long the pieces are that the rest comes in.
func inPieces(_ input: Span<UInt8>, _ body: (Span<UInt8>) -> Bool) {
  guard input.count > 1 else { return }
  let step = max(1, Int(input[0]))
  var start = 1
  while start < input.count {
    let end = min(start + step, input.count)
    if !body(input.extracting(start..<end)) { return }
    start = end
  }
}
