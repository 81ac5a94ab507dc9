/// What the lifecycle wants done.
public enum Effect: BitwiseCopyable, Sendable {
  /// Start the app: `awaitExec` is to be called at once, and `appStarted` or `appNotStarted` is the answer.
  case startApp
  /// Pass a signal on, as this one, with its value, to whom `--signal-to` says; the log tells of it where it
  /// was sent.
  case forward(ReceivedSignal, as: Signal)
  /// Send the app a signal of our own, to whom `--signal-to` says.
  case signalApp(Signal)
  /// Find out whether the app left processes behind; `leftoversFound` or `nobodyLeft` is the answer.
  case findLeftovers
  /// Send what the app left behind a signal.
  case signalLeftovers(Signal)
  /// Find out what the app listens on; `listeners` is the answer.
  case findListeners
  /// Find out whether the app is alive; `live` is the answer.
  case checkLive
  /// Begin to watch the app's traffic.
  case observeTraffic
  /// Ask the checks of `--until`; `untilChecked` is the answer.
  case askUntil
  /// The app has not said in time that it is alive.
  case missWatchdog
  /// Stop watching.
  case stopObserving
  /// Run the hooks of that moment; `hooksEnded` is the answer.
  case runHooks(HookMoment)
  /// drainit is a job and the app was stopped: take the terminal back and stop, too.
  case stopAsJob(Signal)
  /// The job was continued: hand the terminal over and continue the app.
  case continueAsJob
  /// Write a line.
  case log(LogEvent)
  /// End with that code.
  case exit(UInt8)
}

/// The effects of one event, in the order in which they are to be done.
public struct Effects: Sendable {
  // One event never has more than nine effects; the simulation checks it.
  static let capacity = 16

  private var list = InlineArray<16, Effect>(repeating: .startApp)
  /// How many there are.
  public private(set) var count = 0
  /// How many did not fit: a mistake of our own, counted instead of trapped on.
  public private(set) var lost: UInt64 = 0

  public init() {}

  /// The effect at `index`, below `count`.
  public subscript(index: Int) -> Effect { list.span[index] }

  /// Whether the event was a signal that is passed on, and nothing has changed.
  public var isForwarding: Bool {
    // Where it also ended the window there is more.
    if count == 1, case .forward = list[0] { true } else { false }
  }

  mutating func append(_ effect: Effect) {
    guard count < Effects.capacity else {
      lost &+= 1
      return
    }
    list[count] = effect
    count &+= 1
  }
}
