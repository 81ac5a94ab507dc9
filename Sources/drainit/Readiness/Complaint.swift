import DrainCore
import DrainLinux

/// What a check's or hook's child says where its program cannot be executed. The child says it: it may look
/// at files, which may take long.
enum Complaint {
  /// Writes the log's line for it.
  @inline(never) static func write(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ settings: ChildSettings,
    _ reason: Errno, on descriptor: Int32
  ) {
    let name = ArgumentVector(1, arguments).word(0) ?? []
    var line = ByteBuffer(capacity: LogLine.longest)
    var scratch = ByteBuffer(capacity: LogLine.longest)
    line.appendLine(
      notExecuted: name.span, ProgramLook.obstacle(arguments, settings.environment, reason),
      errno: reason.number, isJSON: settings.logsJSON, time: Clock.sinceEpoch(), scratch: &scratch)
    _ = line.withBytes { SystemCall.write(descriptor, $0) }
  }
}
