import CLinux
import DrainCore
import DrainLinux

/// What every check's or hook's program is started with.
struct ChildSettings {
  var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  /// Where it starts; nil while drainit itself is still there.
  var directory: UnsafePointer<CChar>?
  var mask: SignalSet
  var dispositions: Dispositions
  /// Whether the log's lines are JSON.
  var logsJSON = false
}

/// The checks of a group that need a child: programs, and names that have to be resolved.
struct CheckChildren: ~Copyable {
  private let kinds: [Check.Kind]
  private var programs: InlineArray<16, ProgramVector?>
  private var resolutions: InlineArray<16, NameResolution?>
  private var runs = InlineArray<16, Int32>(repeating: 0)
  private var deadlines = InlineArray<16, Instant>(repeating: .never)
  // Which have been started: the first run says in the log why a program cannot be, the others would
  // only repeat it.
  private var wereStarted: UInt16 = 0
  private let timeout: Interval
  private let showsOutput: Bool

  /// - Parameter showsOutput: whether the output of programs is drainit's error output.
  @inline(never) init(_ checks: [Check], timeout: Interval, showsOutput: Bool) {
    self.timeout = timeout
    self.showsOutput = showsOutput
    kinds = checks.map { $0.kind }
    programs = InlineArray { index in
      guard index < checks.count else { return nil }
      switch checks[index].kind {
      case .exec(let words): return ProgramVector(words)
      case .file(let path), .absent(let path), .unix(let path): return ProgramVector([path])
      case .listening, .tcp, .http, .send, .grpc, .notify, .descriptor, .none: return nil
      }
    }
    resolutions = InlineArray { _ in nil }
  }

  /// Whether one of them waits for a file that is a socket.
  @inline(never) mutating func waitsForSocket() -> Bool {
    for index in 0..<kinds.count {
      guard case .file = kinds[index] else { continue }
      guard let words = programs[index]?.pointers, let path = words[0] else { continue }
      if FileLook.isSocket(path) { return true }
    }
    return false
  }

  /// When `expire` has something to do.
  var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    mutating get {
      var next = Instant.never
      for index in 0..<kinds.count { next = min(next, deadlines[index]) }
      return next
    }
  }

  /// Runs a check that is no matter of connections; its outcome where it is known at once.
  mutating func start(
    _ index: Int, _ world: inout CheckWorld, _ now: Instant
  ) -> CheckOutcome? {
    let settings = world.settings
    switch kinds[index] {
    case .notify: return world.notices.isReady ? .holds : .fails(.notSaid)
    case .descriptor: return world.notices.hasWritten ? .holds : .fails(.notSaid)
    case .file, .absent: return noted(look(index, settings, now), index, &world)
    case .unix: return noted(connect(index, now), index, &world)
    case .exec:
      // One that cannot be killed runs on: not another beside it.
      if runs[index] > 0 && deadlines[index] == .never { return .fails(.notKilled) }
      guard let arguments = programs[index]?.pointers else { return .fails(.noResources) }
      do throws(Errno) {
        let isFirst = wereStarted & 1 << UInt16(index) == 0
        wereStarted |= 1 << UInt16(index)
        let run = try ChildRun(
          arguments: arguments, environment: settings.environment,
          directory: settings.directory, streams: showsOutput ? .error : .silent,
          mask: settings.mask, dispositions: settings.dispositions, complains: isFirst
        ) { Complaint.write(arguments, settings, $0, on: $1) }
        runs[index] = run.pid
        deadlines[index] = now + timeout
        world.note(started: run.pid)
        return nil
      } catch {
        return .fails(.noResources)
      }
    case .listening, .tcp, .http, .send, .grpc, .none: return .neverRan
    }
  }

  /// A child that looks is as little the app's as a program.
  private func noted(
    _ outcome: CheckOutcome?, _ index: Int, _ world: inout CheckWorld
  ) -> CheckOutcome? {
    if outcome == nil { world.note(started: runs[index]) }
    return outcome
  }

  /// Looks for a check's file; its outcome where the kernel has it at hand.
  private mutating func look(
    _ index: Int, _ settings: ChildSettings, _ now: Instant
  ) -> CheckOutcome? {
    guard let words = programs[index]?.pointers, let path = words[0] else {
      return .fails(.noResources)
    }
    // A relative name begins where drainit was started, and drainit has moved.
    if path[0] == CChar(bitPattern: UInt8(ascii: "/")), let sight = FileLook.cached(path) {
      return outcome(index, of: sight)
    }
    do throws(Errno) {
      runs[index] = try FileLook.inChild(path, from: settings.directory)
      deadlines[index] = now + timeout
      return nil
    } catch {
      return .fails(.noResources)
    }
  }

  /// Connects to a check's UNIX socket; its outcome where the kernel has the way to it at hand.
  private mutating func connect(_ index: Int, _ now: Instant) -> CheckOutcome? {
    guard let path = programs[index]?.pointers[0] else { return .fails(.noResources) }
    if let outcome = UnixConnect.atOnce(path) { return outcome }
    do throws(Errno) {
      runs[index] = try FileLook.inChild(path, from: nil, connects: true)
      deadlines[index] = now + timeout
      return nil
    } catch {
      return .fails(.noResources)
    }
  }

  private func outcome(_ index: Int, of sight: FileSight) -> CheckOutcome {
    var mustExist = true
    if case .absent = kinds[index] { mustExist = false }
    return switch sight {
    case .there: mustExist ? .holds : .fails(.present)
    case .absent: mustExist ? .fails(.missing) : .holds
    case .unknown: .fails(.notAccessible)
    }
  }

  /// What a child's code says of its check.
  private func outcome(_ index: Int, of code: UInt8) -> CheckOutcome {
    switch kinds[index] {
    case .file, .absent: outcome(index, of: FileSight(rawValue: Int32(code)) ?? .unknown)
    case .unix: UnixConnect.outcome(errno: Int32(code))
    case .exec, .listening, .tcp, .http, .send, .grpc, .notify, .descriptor, .none:
      code == 0 ? .holds : .fails(.exited(code))
    }
  }

  /// Ends one program that has taken too long, with all that it started; to be called until it is nil.
  mutating func expire(_ world: inout CheckWorld, _ now: Instant) -> CheckReport? {
    for index in 0..<kinds.count where deadlines[index] <= now {
      deadlines[index] = .never
      world.note(ended: runs[index])
      // One that has become another user.
      if case .refused = Signalling.toGroup(runs[index], .kill) {
        return CheckReport(check: index, outcome: .fails(.notKilled))
      }
      runs[index] = 0
      return CheckReport(check: index, outcome: .fails(.timedOut))
    }
    return nil
  }

  /// Takes a child's end; the check that it was, and its outcome.
  mutating func ended(_ change: ChildChange, _ world: inout CheckWorld) -> CheckReport? {
    for index in 0..<kinds.count where runs[index] == change.pid && change.pid > 0 {
      let outcome: CheckOutcome
      switch change.kind {
      case .exited(let code): outcome = self.outcome(index, of: code)
      case .killed(let signal): outcome = .fails(.killed(signal))
      case .stopped, .continued, .trapped: return nil
      }
      // What it started and left behind is not the app's.
      Signalling.toGroup(change.pid, .kill)
      world.note(ended: change.pid)
      runs[index] = 0
      deadlines[index] = .never
      return CheckReport(check: index, outcome: outcome)
    }
    return nil
  }
}

// Names: resolved in a child, whose answer comes through a pipe.
extension CheckChildren {
  // Told apart from the checks' own connections by their slots.
  static var firstResolutionSlot: UInt32 { 16 }

  /// Tells which descriptors are the resolvers'.
  mutating func insert(into own: inout OwnDescriptors) {
    for index in 0..<kinds.count { own.insert(resolutions[index]?.number ?? -1) }
  }

  /// Begins to resolve a check's host; false where there can be no child for it.
  mutating func resolve(
    _ index: Int, _ name: [UInt8], kind: UInt8, _ world: inout CheckWorld,
    _ loop: borrowing EventLoop
  ) -> Bool {
    giveUp(index, &world)
    do throws(Errno) {
      let resolution = try NameResolution(name)
      let slot = CheckChildren.firstResolutionSlot &+ UInt32(index)
      try loop.add(resolution.number, EventToken(kind: kind, slot: slot), .reading)
      world.note(started: resolution.pid)
      resolutions[index] = consume resolution
      return true
    } catch {
      return false
    }
  }

  /// The answer for a check's host, once it is there.
  mutating func answer(_ index: Int, _ world: inout CheckWorld) -> AddressList? {
    guard index >= 0 && index < kinds.count else { return nil }
    guard let addresses = resolutions[index]?.take() else { return nil }
    end(index, &world)
    return addresses
  }

  /// Ends an attempt that takes too long.
  mutating func giveUp(_ index: Int, _ world: inout CheckWorld) {
    resolutions[index]?.cancel()
    end(index, &world)
  }

  private mutating func end(_ index: Int, _ world: inout CheckWorld) {
    if let pid = resolutions[index]?.pid { world.note(ended: pid) }
    resolutions[index] = nil
  }
}
