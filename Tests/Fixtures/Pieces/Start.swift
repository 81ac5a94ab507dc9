import CLinux
import DrainCore
import DrainLinux

// One piece of DrainLinux at a time, in a process of its own with one thread, for tests: signal
// masks, dispositions and children belong to a whole process. Built like the product itself.

public typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@c(Pieces_main) public func start(
  _ count: Int32, _ arguments: Words, _ environment: Words
) -> Int32 {
  guard count > 1, let scenario = arguments[1] else { return 2 }
  let rest = arguments + 2
  if isWord(scenario, "clean") {
    // `clean PROGRAM ARGS`: executes it with descriptors 0, 1 and 2 alone.
    let standard: [Int32] = [0, 1, 2]
    InheritedDescriptors.close(keeping: standard.span)
    return rest[0].map { execvp($0, rest) } ?? 2
  }
  do {
    if isWord(scenario, "signals") { return try readSignals() }
    if isWord(scenario, "fault") { return try fault(by: rest[0]) }
    if isWord(scenario, "spawn") { return try spawn(rest, environment) }
    if isWord(scenario, "peek") { return peek() }
    if isWord(scenario, "reap") { return try reap(rest) }
    if isWord(scenario, "send") { return try send(rest, environment) }
    if isWord(scenario, "walk") { return try walk(rest) }
    if isWord(scenario, "orphan") { return try orphan(rest) }
    if isWord(scenario, "named") { return try named() }
    if isWord(scenario, "run") { return try run(rest, environment) }
    if isWord(scenario, "resolve") { return try resolve(rest) }
    if isWord(scenario, "parent") { return try outlive(rest) }
    if isWord(scenario, "log") { return log(rest) }
    if isWord(scenario, "job") { return try job(rest, environment) }
  } catch {
    say("errno ", error.number)
    return 3
  }
  return 2
}

func isWord(_ word: UnsafeMutablePointer<CChar>?, _ expected: StaticString) -> Bool {
  guard let word, strlen(word) == expected.utf8CodeUnitCount else { return false }
  return memcmp(word, expected.utf8Start, expected.utf8CodeUnitCount) == 0
}

func number(_ word: UnsafeMutablePointer<CChar>?) -> Int32 {
  word.map { Int32(truncatingIfNeeded: strtol($0, nil, 10)) } ?? 0
}

/// Prints a word and a number as one line.
func say(_ text: StaticString, _ value: Int32) {
  var line = ByteBuffer(capacity: 200)
  line.append(text)
  line.append(decimal: Int64(value))
  line.append("\n")
  line.withBytes { _ = SystemCall.write(1, $0) }
}
