import CLinux
import DrainCore
import DrainLinux

/// The app as drainit's child: its start, its terminal, and the signals to it.
///
/// Which process it is the lifecycle knows: it is told at each call.
struct AppProcess: ~Copyable {
  private let target: SignalTarget
  /// The groups of drainit's own hooks and checks.
  private let spared: UnsafePointer<ProgramGroups>
  /// The controlling terminal, where there is one.
  private var terminal: Terminal?
  private var startDirectory: StartDirectory?
  /// Its exec, while that is awaited, and whether the loop watches it.
  private var exec: ExecWatch?
  private var isExecWatched = false
  /// How it is started, until somebody has looked why it could not be.
  private var spawn: Spawn?
  /// What it is called.
  var name = AppName()

  init(target: SignalTarget, sparing spared: UnsafePointer<ProgramGroups>) {
    self.target = target
    self.spared = spared
  }

  /// Begins to start it, in the foreground where drainit's own group is there; returns its pid.
  mutating func start(_ spawn: Spawn) throws(SpawnFailure) -> Int32 {
    var spawn = spawn
    terminal = Terminal()
    // In a background job the terminal is somebody else's, until a shell's `fg`.
    if terminal?.isOurs == true { spawn.terminal = terminal?.number ?? -1 }
    self.spawn = spawn
    let watch = try spawn.begin()
    awaited = watch.pid
    exec = consume watch
    return awaited
  }

  /// The process that was awaited last; 0 for none.
  private(set) var awaited: Int32 = 0

  /// Whether its program is still to be executed, as far as was looked.
  var awaitsExec: Bool { exec != nil }

  /// What its exec has come to, which is waited for that long at most; afterwards the loop tells when there is
  /// more to say. Of one that failed another child finds out why, and takes its place.
  @inline(never) mutating func awaitExec(
    _ loop: borrowing EventLoop, within milliseconds: Int32 = 0
  ) -> ExecOutcome {
    guard let outcome = exec?.outcome(within: milliseconds), let number = exec?.number else {
      return .pending
    }
    if case .pending = outcome {
      if isExecWatched { return .pending }
      do throws(Errno) {
        try loop.add(number, EventToken(.start), .reading)
        isExecWatched = true
        return .pending
      } catch {
        // Without memory for it nobody would tell: it counts as executed.
        exec.take()?.end(after: .pending)
        return .executed
      }
    }
    // A child of ours may hold a copy.
    if isExecWatched { do throws(Errno) { try loop.remove(number) } catch {} }
    isExecWatched = false
    exec.take()?.end(after: outcome)
    guard let failure = outcome.failure, let spawn = spawn else { return outcome }
    self.spawn = nil
    do throws(Errno) {
      let watch = try spawn.look(after: failure.reason, from: startDirectory?.path)
      awaited = watch.pid
      exec = consume watch
      return awaitExec(loop, within: milliseconds)
    } catch {
      return outcome
    }
  }

  /// Takes it over from an earlier life, with the directory that was left for it, if it was.
  mutating func resume(leaving directory: UnsafePointer<CChar>?) {
    terminal = Terminal()
    if let directory { startDirectory = StartDirectory(named: directory) }
  }

  /// Moves to `/`; where children begin from then on, by name.
  mutating func leaveDirectory() -> UnsafePointer<CChar>? {
    startDirectory = StartDirectory()
    return startDirectory?.path
  }

  /// Tells which descriptors are its own.
  mutating func insert(into own: inout OwnDescriptors) {
    own.insert(terminal?.number ?? -1)
    own.insert(exec?.number ?? -1)
    name.insert(into: &own)
  }

  // MARK: Signals

  /// Sends it a signal of drainit's own.
  func send(_ signal: Signal, to app: Int32) -> Delivery {
    Signalling(app: app, target: target, sparing: spared).send(signal)
  }

  /// Sends what it left behind a signal, whomever `--signal-to` names.
  @discardableResult func sendToLeftOvers(_ signal: Signal, of app: Int32) -> Delivery {
    Signalling(app: app, target: target, sparing: spared).sendToLeftOvers(signal)
  }

  /// Whether the kernel would refuse it a signal, or those that it left behind: kill(2) with 0.
  func refusal(of event: LogEvent, _ app: Int32) -> Delivery {
    switch event {
    case .stopping(_, let stop, _) where stop == .none: .nobody
    case .stopping, .killing: Signalling(app: app, target: .app).send(.none)
    case .leftovers: sendToLeftOvers(.none, of: app)
    default: .nobody
    }
  }

  /// Passes a signal on to it as `signal`, with its value where it came with one.
  @inline(__always) func passOn(
    _ received: ReceivedSignal, as signal: Signal, to app: Int32
  ) -> Delivery {
    // Most come without a value, and go to the app alone.
    if target == .app && !received.hasValue { return Signalling.toProcess(app, signal) }
    return Signalling(app: app, target: target, sparing: spared).forward(received, as: signal)
  }

  // MARK: The terminal

  /// drainit, its shell's job, stops as the app did, and goes on with it when the shell says so; false
  /// where it is nobody's job.
  mutating func stopAsJob(by signal: Signal, _ app: Int32) -> Bool {
    guard terminal != nil, Job.isShells else { return false }
    // A shell's `fg` of a job that runs says nothing, but gives it the terminal.
    if (signal != .ttin && signal != .ttou) || terminal?.isOurs != true {
      takeTerminalBack(from: app)
      Job.stop(by: signal)
      // The shell has continued us, in the foreground or not.
    }
    goOn(app)
    return true
  }

  /// drainit was continued: the app gets the terminal, if it is drainit's, and goes on as well.
  mutating func goOn(_ app: Int32) {
    if terminal?.isOurs == true {
      // Where it has hung up there is nothing to give.
      do throws(Errno) { try terminal?.give(to: app) } catch {}
    }
    // Whoever is of the same session may be sent it, whose user it is (kill(2)): the app, which leads a group,
    // can begin no other.
    _ = send(.cont, to: app)
  }

  /// Ctrl-C is drainit's again: the app is stopped, or has ended.
  mutating func takeTerminalBack(from app: Int32) {
    do throws(Errno) { try terminal?.takeBack(from: app) } catch {}
  }
}
