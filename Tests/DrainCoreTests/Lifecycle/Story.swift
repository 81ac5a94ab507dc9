@testable import DrainCore

/// A lifecycle that is told one thing after another, with the lines that its log would have.
struct Story {
  var lifecycle: Lifecycle
  var now = Instant(nanoseconds: 0)
  var lines: [String] = []
  var signals: [Signal] = []
  var exitCode: UInt8?
  /// Every effect so far.
  var done: [Effect] = []
  /// What `--live` says at once; nil where it takes longer.
  var isLive: Bool?
  var listeners = Listeners.tcp
  var hasLeftovers = false
  private let holdsExec: Bool
  private var order = EventOrder()
  private var context: LogContext

  /// - Parameter holdsExec: whether the app's exec takes until the story tells its end.
  init(_ plan: DrainPlan, holdsExec: Bool = false) {
    self.holdsExec = holdsExec
    lifecycle = Lifecycle(plan: plan)
    context = LogContext(program: Array("nginx".utf8), gate: [Array("listening".utf8)], plan: plan)
    order.begin()
    perform(lifecycle.begin(now: now))
    work(through: order.next())
  }

  /// A story with a window of 5 to 12 s that somebody asked for.
  static func serving(_ change: (inout DrainPlan) -> Void = { _ in }) -> Story {
    var plan = DrainPlan(
      window: DrainRange(minimum: .seconds(5), maximum: .seconds(12)), source: .given)
    change(&plan)
    var story = Story(plan)
    story.tell(.gateOpened, after: .milliseconds(400))
    return story
  }

  mutating func tell(_ event: Event, after time: Interval = .zero) {
    let end = now + time
    while lifecycle.nextDeadline <= end, exitCode == nil {
      now = max(now, lifecycle.nextDeadline)
      handle(.deadline)
    }
    now = end
    handle(event)
  }

  mutating func signal(_ signal: Signal, from pid: Int32 = 0, after time: Interval = .zero) {
    tell(.signal(ReceivedSignal(signal: signal, senderPID: pid), program: .other), after: time)
  }

  /// Lets time pass.
  mutating func wait(_ time: Interval) { tell(.deadline, after: time) }

  // As the Supervisor does it.
  private mutating func handle(_ event: Event) {
    if order.begins(with: event) { work(through: event) }
  }

  private mutating func work(through event: Event?) {
    var next = event
    while let event = next {
      perform(lifecycle.handle(event, now: now))
      next = order.next()
    }
  }

  private mutating func perform(_ effects: Effects) {
    for index in 0..<effects.count {
      done.append(effects[index])
      switch effects[index] {
      case .startApp:
        lifecycle.awaitExec(of: 7, now: now)
        if !holdsExec { handle(.appStarted(pid: 7)) }
      case .findListeners: handle(.listeners(listeners))
      case .findLeftovers: handle(hasLeftovers ? .leftoversFound : .nobodyLeft)
      case .checkLive: if let isLive { handle(.live(isLive)) }
      case .signalApp(let signal), .forward(_, let signal), .signalLeftovers(let signal):
        signals.append(signal)
      case .log(let event):
        var buffer = ByteBuffer(capacity: LogLine.longest)
        buffer.append(event, lifecycle.state, context)
        lines.append(text(buffer))
      case .exit(let code): exitCode = code
      case .observeTraffic, .stopObserving, .askUntil, .missWatchdog, .runHooks, .stopAsJob,
        .continueAsJob:
        break
      }
    }
  }
}
