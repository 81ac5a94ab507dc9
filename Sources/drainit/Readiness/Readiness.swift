import CLinux
import DrainCore
import DrainLinux

/// What the readiness side found out in one turn.
struct ReadinessNews {
  /// The gate has opened.
  var hasOpened = false
  /// Every `--start-after` check holds.
  var mayStart = false
  /// Whether `--live` holds, where it was asked for the lifecycle.
  var isLive: Bool?
  /// Whether the checks of `--until` hold, where they have answered.
  var untilHolds: Bool?
  /// The moments whose hooks have all ended: bit n is that of number n.
  var endedHooks: UInt8 = 0
  /// The kubelet has asked `/readyz`.
  var kubeletAsked = false
  /// Somebody asks for `/metrics` or `/status`: `answerReports` is to be called.
  var wantsReport = false
}

/// The endpoint, the gate and its checks: what answers a prober.
struct Readiness: ~Copyable {
  var groups: CheckGroups
  var endpoint: HTTPListener
  var world: CheckWorld
  var body: ByteBuffer
  /// `--port`, empty where it was not given.
  private let given: PortSet
  /// What was named of the app's sockets; a `file:` may be one, too.
  private let named: NamedSockets
  var hasStarted = false
  var hasStopped = false
  /// The app's ports, as they were when it was last asked what it listens on.
  var watchedPorts = PortSet()
  /// The app's UDP port that was taken for a client's then; 0 for none.
  private(set) var clientPort: UInt16 = 0
  /// Who asks whether the app is ready, and who was told that it is no more.
  var probes: ProbeCounts
  /// Whether the window waits for them (`--until probed:N`).
  let countsProbes: Bool
  /// Whether the lifecycle waits for `--live`'s answer.
  var awaitsLive = false
  /// Why there is no endpoint, where that is no reason not to start.
  private(set) var listenFailure: ListenFailure?

  @inline(never) init(
    _ options: Options, _ command: Command, _ earlier: HandOver?, _ settings: ChildSettings,
    _ loop: borrowing EventLoop
  ) throws(StartError) {
    // Locals first: Swift does not undo half an init of a noncopyable value.
    let isBare = options.isPlain || earlier?.lives.isBare == true
    let groups = try CheckGroups(
      options, command, isBare: isBare, memory: earlier?.gate ?? GateMemory())
    let holds = options.mode == .hold
    let isOff = isBare || holds
    var given = PortSet()
    for port in options.ports { given.insert(port) }
    var ports = AppPorts(given: given, holds: holds)
    var failure: ListenFailure?
    let wanted = isOff ? .off : options.listen
    let endpoint = try Readiness.listen(
      wanted, earlier?.endpoint ?? -1, command.environment.platform, loop, &failure)
    if endpoint.number >= 0 { ports.setOwnListener(endpoint.number) }
    world = CheckWorld(ports: ports, settings: settings)
    self.endpoint = endpoint
    self.groups = groups
    self.given = given
    named = options.named
    listenFailure = failure
    probes = earlier?.probes ?? ProbeCounts()
    countsProbes = options.until.contains { if case .probed = $0 { true } else { false } }
    body = ByteBuffer(capacity: isOff ? 0 : EndpointLimits.bodyBytes)
  }

  /// The checks as messages name them.
  var gateNames: [[UInt8]] { groups[.ready].pointee.gate.checks.names }

  /// What of the gate must survive a fault.
  var memory: GateMemory { groups[.ready].pointee.gate.memory }

  /// The endpoint's listening socket, for whoever closes what drainit does not need; -1 for none.
  var endpointNumber: Int32 { endpoint.number }

  /// What the app listens on. A port that was named counts as there, whoever listens now.
  mutating func findListeners() -> Listeners {
    let found = world.ports.listeners()
    watchedPorts = given.isEmpty ? found.ports : given
    clientPort = found.clientPort
    var named = named
    if groups[.ready].pointee.waitsForSocket() { named.hasLocal = true }
    return found.verdict(named)
  }

  /// Learns whose sockets are the app's, before it can have any: a small program listens before drainit
  /// is scheduled again.
  mutating func learnPorts(again: Bool = false) { world.ports.learn(again: again) }

  /// Learns what was handed over, before inherited descriptors are given up; the app may run by then.
  mutating func learnInheritedPorts() { world.ports.learnInherited() }

  /// Whether `/readyz` has failed so often to each address that probed it, the kubelet's aside.
  func wasProbed(times: UInt32, drainedAt: Instant) -> Bool {
    probes.haveAll(heard: times, drainedAt: drainedAt)
  }

  private static func listen(
    _ wanted: ListenAddress?, _ inherited: Int32, _ platform: WindowSource,
    _ loop: borrowing EventLoop,
    _ failure: inout ListenFailure?
  ) throws(StartError) -> HTTPListener {
    // The socket of an earlier life: whoever is in its queue is answered by this one.
    if let socket = FileDescriptor(owning: inherited) {
      if wanted == .off { return try serve(nil, loop) }
      SystemCall.setCloseOnExec(socket.number)
      return try serve(socket, loop)
    }
    var port = EndpointLimits.port
    var address: IPAddress?
    switch wanted {
    case .off: return try serve(nil, loop)
    case .on(let asked, let number):
      address = asked
      port = number
    case nil: break
    }
    let socket: FileDescriptor
    do throws(ListenError) {
      socket = try openPatiently(address, port, isDefault: wanted == nil, platform)
    } catch {
      if wanted != nil { throw StartError.noPort(port, error.reason) }
      if mustListen(error, platform) { throw StartError.portTaken(port) }
      failure = ListenFailure(port: port, reason: error.reason)
      return try serve(nil, loop)
    }
    return try serve(socket, loop)
  }

  /// Opens the socket; the default port in Kubernetes is asked for again for a while: whoever has it on
  /// the host's network may be leaving.
  private static func openPatiently(
    _ address: IPAddress?, _ port: UInt16, isDefault: Bool, _ platform: WindowSource
  ) throws(ListenError) -> FileDescriptor {
    let end = Clock.now() + .seconds(5)
    while true {
      do throws(ListenError) {
        return try ListeningSocket.open(address: address, port: port)
      } catch {
        if !isDefault || !mustListen(error, platform) || Clock.now() >= end { throw error }
        _ = usleep(100_000)
      }
    }
  }

  /// Whether nothing may run without the default port: the kubelet's probes would be answered by whoever
  /// has it, and a pod be ready whose app listens on nothing. Below another drainit it is that one's.
  private static func mustListen(_ error: ListenError, _ platform: WindowSource) -> Bool {
    error == .taken && platform == .kubernetes && !ProcessFiles.hasNamesakeAbove
  }

  private static func serve(
    _ socket: consuming FileDescriptor?, _ loop: borrowing EventLoop
  ) throws(StartError) -> HTTPListener {
    do throws(Errno) {
      return try HTTPListener(socket, kind: EventSource.endpoint.kind, loop)
    } catch {
      throw StartError.refused(error)
    }
  }
}

/// A port that drainit goes on without.
struct ListenFailure {
  var port: UInt16
  var reason: Errno
}

extension ListenError {
  /// The system's reason.
  var reason: Errno {
    switch self {
    case .taken: Errno(EADDRINUSE)
    case .failed(let errno): errno
    }
  }
}
