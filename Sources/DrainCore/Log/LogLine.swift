/// What a log line needs to know beside its event.
public struct LogContext: Sendable {
  /// The app's name: the last part of its command's first word, or what it has become since.
  public private(set) var program: [UInt8]
  /// The app's command, its first word as it was typed.
  public var command: [UInt8]
  /// What was in the way of its start, where more is known than the system's reason.
  public var obstacle: ProgramObstacle?
  /// What the gate waits for, as it was typed.
  public var gate: [[UInt8]]
  /// What the app's start waits for, as it was typed.
  public var startAfter: [[UInt8]] = []
  public var plan: DrainPlan
  /// The hooks, by the number of their moment.
  public var hooks: [[Check]] = []
  /// What the drain window has shown; nil where nothing was seen.
  public var evidence: TrafficEvidence?
  /// What the app said last of itself (sd_notify(3), STATUS), up to the first zero.
  public private(set) var status = [UInt8](repeating: 0, count: LogLine.longestStatus)
  /// The UDP port that was taken for a client's; 0 for none.
  public var clientPort: UInt16 = 0
  /// The ports that the window watches, and how it was told that they are the app's.
  public var ports = PortSet()
  public var portsOwner = PortsWay.Owner.given
  /// The path of the UNIX socket that the app was found to listen on.
  public var unixPath: [UInt8] = []
  /// Why the kernel refuses the signal that the line tells of (errno(3)); 0 where it does not.
  public var refusal: Int32 = 0
  /// Whether only some of them are out of its reach.
  public var isRefusalPartial = false
  /// Whether lines are JSON objects (`--log json`).
  public var isJSON = false

  public init(program: [UInt8], gate: [[UInt8]], plan: DrainPlan) {
    self.program = program
    command = program
    self.program.reserveCapacity(LogLine.longestName)
    self.gate = gate
    self.plan = plan
  }

  /// Takes over the name that the kernel has for the app (its first 15 bytes), where it is another.
  public mutating func rename(_ name: Span<UInt8>) {
    var isSame = name.count == min(program.count, 15)
    var index = 0
    while isSame && index < name.count {
      isSame = name[index] == program[index]
      index &+= 1
    }
    if isSame || name.count == 0 { return }
    program = []
    for index in 0..<name.count { program.append(name[index]) }
  }

  /// Takes over the app's status; whether it is another.
  @inline(never) public mutating func note(
    status place: ByteRange, of datagram: borrowing ByteBuffer
  ) -> Bool {
    let text = datagram.bytes.cut(place.start, place.end)
    var isNew = false
    for index in 0..<status.count {
      let byte = index < text.count ? text[index] : 0
      if byte != status[index] { isNew = true }
      status[index] = byte
    }
    return isNew
  }
}

extension ByteBuffer {
  /// Appends one whole line, with its end, as text or as a JSON object.
  ///
  /// - Parameters:
  ///   - time: wall-clock time since 1970 (JSON only).
  ///   - scratch: a buffer of the caller's, `LogLine.longest` long, that is overwritten (JSON only).
  public mutating func appendLine(
    _ event: LogEvent, _ state: LifecycleState, _ context: LogContext, time: Interval,
    scratch: inout ByteBuffer
  ) {
    if context.isJSON {
      append(time, event.level(state), event.name)
      scratch.removeAll()
      scratch.append(event, state, context)
      append(jsonEscaped: scratch.bytes)
      append("\"")
      if case .ended = event {
        appendFields(
          Summary(state, context.plan), context.evidence, hasUnseen: state.hasUnseen)
        if state.isKillRefused { append(",\"kill_refused\":true") }
      }
      append("}")
    } else {
      append("drainit: ")
      append(event, state, context)
    }
    append(UInt8(ascii: "\n"))
  }

  /// Appends the line that says why a program cannot be started, be it the app or not.
  ///
  /// - Parameter scratch: as for the others.
  @inline(never) public mutating func appendLine(
    notExecuted command: Span<UInt8>, _ obstacle: ProgramObstacle?, errno: Int32, isJSON: Bool,
    time: Interval, scratch: inout ByteBuffer
  ) {
    scratch.removeAll()
    scratch.append(notExecuted: command, obstacle, errno: errno)
    if isJSON {
      let event = LogEvent.notExecuted(errno: errno)
      append(time, .warning, event.name)
      append(jsonEscaped: scratch.bytes)
      append("\"}\n")
    } else {
      append("drainit: ")
      append(scratch.bytes)
      append("\n")
    }
  }

  @inline(never) mutating func append(
    notExecuted command: Span<UInt8>, _ obstacle: ProgramObstacle?, errno: Int32
  ) {
    // A manifest's or a script's variable that was not set.
    if command.isEmpty { append("''") }
    append(printable: command)
    append(" cannot be started: ")
    if let obstacle { append(obstacle) } else { append(errno: errno) }
    if command.index(of: space) != nil { append("; its arguments are words of their own") }
  }

  /// Appends what a JSON line begins with, up to its message.
  @inline(never) private mutating func append(
    _ time: Interval, _ level: LogLevel, _ event: StaticString
  ) {
    append("{\"time\":\"")
    append(timestamp: time)
    append("\",\"level\":\"")
    append(level.name)
    append("\",\"event\":\"")
    append(event)
    append("\",\"message\":\"")
  }

  /// Appends the app as messages name it: `nginx (pid 7)`.
  @inline(never) mutating func appendApp(_ state: LifecycleState, _ context: LogContext) {
    append(printable: context.program.span)
    guard state.appPID > 0 else { return }
    append(" (pid ")
    append(decimal: Int64(state.appPID))
    append(")")
  }
}

/// The log's limits.
public enum LogLine {
  // A pipe takes PIPE_BUF, 4096 bytes, whole or not at all (pipe(7)): lines do not interleave.
  /// The longest line, in bytes.
  public static var longest: Int { 1024 }
  // TASK_COMM_LEN, 16 bytes with the zero (proc(5)).
  /// The longest name that the kernel has for a process, in bytes.
  public static var longestName: Int { 15 }
  /// As much of the app's own status as is kept, in bytes.
  public static var longestStatus: Int { 200 }
}
