import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

/// A command line as the kernel lays it down; it stays for good.
func command(_ words: [String], _ environment: [String] = []) -> Command {
  let arguments = vector(words)
  return Command(Int32(words.count), arguments, vector(environment))
}

/// The options of a command line that is right.
func options(_ words: [String]) throws -> Options {
  let all = (["drainit"] + words).map { Array($0.utf8) }
  return try Options.read(
    arguments: { $0 >= 0 && $0 < all.count ? all[$0] : nil }, environment: [])
}

private func vector(_ words: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
  let vector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
    capacity: words.count + 1)
  for (index, word) in words.enumerated() { vector[index] = strdup(word) }
  vector[words.count] = nil
  return vector
}

/// The plan that options make outside of Kubernetes, for the first process.
func plan(_ options: Options) throws -> DrainPlan {
  try DrainPlan.make(options, platform: .elsewhere, isFirstProcess: true)
}

/// Whom a token leads to.
func sourceName(_ token: EventToken) -> String { EventSource(token).map { "\($0)" } ?? "nobody" }
