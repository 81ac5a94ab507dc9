import DrainCore
import DrainLinux

/// drainit's log: which lines are written, and the buffers that they are made in.
struct Log: ~Copyable {
  var context: LogContext
  private var sink: LogSink
  private let threshold: LogLevel
  /// How many bytes of `/dev/termination-log` are the log's.
  var traceBytes = 0
  /// How many dropped lines the log has told of.
  private var toldDropped: UInt64 = 0
  private var line = ByteBuffer(capacity: LogLine.longest)
  private var scratch: ByteBuffer

  init(_ sink: consuming LogSink, _ options: Options, _ context: LogContext) {
    self.sink = sink
    self.context = context
    threshold = LogLevel.threshold(
      isQuiet: options.isQuiet, isPlain: options.isPlain, verbosity: options.verbosity)
    scratch = ByteBuffer(capacity: context.isJSON ? LogLine.longest : 0)
  }

  /// How many lines could not be written.
  var linesDropped: UInt64 { sink.dropped }

  /// Tells which descriptors are the log's: a line may have been written before the app was started.
  func insert(into own: inout OwnDescriptors) {
    own.insert(sink.ownNumber)
    own.insert(sink.spliceNumbers.reader)
    own.insert(sink.spliceNumbers.writer)
  }

  /// Whether lines that matter so much are written; to be asked where to make the event costs too much.
  @inline(__always) func shows(_ level: LogLevel) -> Bool {
    level.rawValue >= threshold.rawValue
  }

  /// Writes a line, if it matters enough; before it, how many were dropped since the last.
  @inline(never) mutating func write(_ event: LogEvent, _ state: LifecycleState) {
    guard shows(event.level(state)) else {
      if case .draining = event {
        make(event, state)
        leaveTrace()
      }
      return
    }
    let dropped = sink.dropped
    let isTold = dropped == toldDropped || put(.linesDropped(dropped &- toldDropped), state)
    make(event, state)
    // Where that line was dropped it stands for this one: each is counted once.
    if isTold {
      toldDropped = dropped
      write()
    }
    // Not how an app ended that nobody asked to: with `terminationMessagePolicy:
    // FallbackToLogsOnError` its own last lines are shown, unless somebody has written there.
    if case .ended = event, state.windowEnd != .none { leaveTrace() }
    switch event {
    // Where the grace is shorter than the plan there is no summary: this is what stays. Where the app was
    // not started, the code alone would say little.
    case .draining, .notExecuted, .startTimedOut: leaveTrace()
    default: break
    }
  }

  private mutating func leaveTrace() {
    traceBytes = TerminationMessage.write(line, replacing: traceBytes)
  }

  private mutating func put(_ event: LogEvent, _ state: LifecycleState) -> Bool {
    make(event, state)
    return write()
  }

  @discardableResult private mutating func write() -> Bool { Log.put(line, &sink) }

  private mutating func make(_ event: LogEvent, _ state: LifecycleState) {
    line.removeAll()
    let time = context.isJSON ? Clock.sinceEpoch() : .zero
    line.appendLine(event, state, context, time: time, scratch: &scratch)
  }

  private static func put(_ line: borrowing ByteBuffer, _ sink: inout LogSink) -> Bool {
    sink.write(line.bytes)
  }
}
