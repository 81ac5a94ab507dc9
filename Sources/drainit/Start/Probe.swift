import DrainCore
import DrainLinux

/// `--probe`: asks once, as a check does, and ends. For Docker's HEALTHCHECK and exec probes in images
/// that have no curl.
enum Probe {
  /// Asks, within `--check-timeout`; returns what it came to, and appends what the server says of it.
  static func ask(
    _ check: Check, _ options: Options, _ command: Command, said: inout ByteBuffer
  ) throws(StartError) -> CheckOutcome {
    if case .unix(let path) = check.kind { return UnixConnect.outcome(of: path) }
    // The endpoint tells it from a check by its name: it may be the kubelet's exec probe.
    var options = options
    if !CheckRequest.has("user-agent", in: options.checkHeaders) {
      options.checkHeaders.append(
        [UInt8]("User-Agent: drainit-probe/") + [UInt8](Version.text))
    }
    do throws(Errno) {
      var loop = try EventLoop()
      var world = CheckWorld(
        ports: AppPorts(given: PortSet()),
        settings: ChildSettings(
          environment: command.environmentPointers, mask: SignalSet(),
          dispositions: Dispositions()))
      var group = CheckGroup([check], options, .startAfter, memory: GateMemory())
      group.readsBodies()
      _ = group.handle(.started, &world, loop, Clock.now())
      while group.gate.checks.outcome(of: 0) == .neverRan {
        let count = loop.wait(until: group.nextDeadline)
        for index in 0..<count { _ = group.take(loop[index], &world, loop, Clock.now()) }
        _ = group.expire(&world, loop, Clock.now())
      }
      group.appendBody(to: &said)
      return group.gate.checks.outcome(of: 0)
    } catch {
      throw StartError.refused(error)
    }
  }
}
