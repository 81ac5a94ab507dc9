import CLinux
import DrainCore

/// What sending a signal came to.
public enum Delivery: Equatable, BitwiseCopyable, Sendable {
  /// At least one process was sent it.
  case sent
  /// There is nobody any more: an answer, not an error.
  case nobody
  /// The system refused it: EPERM for a program that has changed its user, EAGAIN where the queue of
  /// real-time signals is full.
  case refused(Errno)
  /// Some of several were sent it, and for others the system refused it.
  case refusedInPart(Errno)

  /// Whether it was refused in part.
  public var isInPart: Bool { if case .refusedInPart = self { true } else { false } }

  /// Why it was refused, be it in part.
  public var refusal: Errno? {
    switch self {
    case .sent, .nobody: nil
    case .refused(let reason), .refusedInPart(let reason): reason
    }
  }
}

/// Sends signals: to the app, to its process group, or to everybody.
public struct Signalling: BitwiseCopyable {
  /// The app, not yet reaped: until then nobody else has its pid.
  public let app: Int32
  /// To whom a signal goes.
  public let target: SignalTarget

  /// The groups of drainit's own hooks and checks, for whom no signal is meant; nil for none.
  let spared: UnsafePointer<ProgramGroups>?

  public init(
    app: Int32, target: SignalTarget, sparing spared: UnsafePointer<ProgramGroups>? = nil
  ) {
    self.app = app
    self.target = target
    self.spared = spared
  }

  /// Sends a signal of drainit's own.
  ///
  /// The corresponding C function is `kill`.
  @inline(never) @discardableResult public func send(_ signal: Signal) -> Delivery {
    if target == .app { return Signalling.kill(app, signal) }
    let delivery = target == .group ? Signalling.kill(-app, signal) : sendToEverybody(signal)
    // Whoever is of the sender's session may be continued, and asked nothing else.
    return signal == .cont ? delivery : Signalling.told(delivery, app)
  }

  /// What sending to several came to for the one whom it is about: kill(2) says of a group that it was sent
  /// where one has taken it, and of everybody even where nobody has.
  private static func told(_ delivery: Delivery, _ leader: Int32) -> Delivery {
    let own = kill(leader, .none)
    return own.refusal == nil ? delivery : own
  }

  /// Passes a signal on as `signal`, with its value where it came with one.
  @inline(never) @discardableResult public func forward(
    _ received: ReceivedSignal, as signal: Signal
  ) -> Delivery {
    guard received.hasValue else { return send(signal) }
    let delivery: Delivery
    switch target {
    case .app: return Signalling.queue(app, signal, received)
    // A value goes to one process at a time: there is no such call for a group.
    case .group:
      delivery = toEach(inGroup: app) { Signalling.queue($0, signal, received) }
    case .all: delivery = toEach { Signalling.queue($0, signal, received) }
    }
    // Nobody was found: there may be no `/proc` to find them by.
    return delivery == .nobody ? send(signal) : delivery
  }

  /// Sends a signal to the group of a child that leads one, a check's or a hook's.
  @discardableResult public static func toGroup(_ leader: Int32, _ signal: Signal) -> Delivery {
    told(kill(-leader, signal), leader)
  }

  /// Sends a signal to one process.
  public static func toProcess(_ pid: Int32, _ signal: Signal) -> Delivery { kill(pid, signal) }

  @inline(never) static func kill(_ pid: Int32, _ signal: Signal) -> Delivery {
    outcome(Int(CLinux.kill(pid, signal.number)))
  }

  /// The corresponding C function is `sigqueue`; by the raw call, which keeps the first sender's pid
  /// and user.
  @inline(never) private static func queue(
    _ pid: Int32, _ signal: Signal, _ received: ReceivedSignal
  )
    -> Delivery
  {
    var record = siginfo_t()
    linux_si_fill(
      &record, signal.number, received.code, received.senderPID, received.senderUID,
      received.value)
    return withUnsafePointer(to: &record) {
      outcome(
        linux_syscall(
          Int(SYS_rt_sigqueueinfo), Int(pid), Int(signal.number), Int(bitPattern: $0), 0, 0, 0))
    }
  }

  private static func outcome(_ result: Int) -> Delivery {
    if result == 0 { return .sent }
    let error = Errno.last
    return error.number == ESRCH ? .nobody : .refused(error)
  }
}
