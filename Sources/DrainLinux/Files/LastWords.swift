import CLinux
import DrainCore

// What drainit says in the handler of a fault. It is made on the stack, and no write of it waits for a reader.

/// Whether the log's lines are JSON objects. A handler has no other way to be told.
nonisolated(unsafe) var lastWordsAreJSON = false

/// Writes a line to the error output; where it says why the container ends, `kubectl describe pod` shows it, too.
@inline(never) func leaveWords(
  _ words: StaticString, _ more: StaticString = "", isWhyItEnds: Bool = false
) {
  withUnsafeTemporaryAllocation(byteCount: 384, alignment: 1) { buffer in
    var count = 0
    // The time of day is left out: whoever collects the line has it.
    let start: StaticString =
      lastWordsAreJSON
      ? "{\"level\":\"warning\",\"event\":\"last-life\",\"message\":\"" : "drainit: "
    append(start, to: buffer, &count)
    append(words, to: buffer, &count)
    append(more, to: buffer, &count)
    append(lastWordsAreJSON ? "\"}\n" : "\n", to: buffer, &count)
    let line = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if isWhyItEnds { _ = TerminationMessage.write(line, replacing: 0) }
    // Where the system has no such writes, or no room: by a description of drainit's own, as `LogSink` does.
    if case .bytes = SystemCall.writeWithoutWaiting(STDERR_FILENO, line) { return }
    if let own = LogRoute.reopen(STDERR_FILENO) { _ = SystemCall.write(own.number, line) }
  }
}

@inline(never) private func append(
  _ text: StaticString, to buffer: UnsafeMutableRawBufferPointer, _ count: inout Int
) {
  let length = min(text.utf8CodeUnitCount, buffer.count &- count)
  memcpy(buffer.baseAddress! + count, text.utf8Start, length)
  count &+= length
}
