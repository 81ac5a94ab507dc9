import CLinux
import DrainCore
import DrainLinux

/// Stands where drainit stands: it learns what is there, starts a program, and answers questions about
/// that program's sockets, one line each on standard input.
///
///     TrafficProbe [--port N]... -- PROGRAM ARGS
///
/// `gate` and `ports` ask what listens; `drain` begins to watch, `look` and `told` say what was seen,
/// `cost` says what of the processor the last look took, in microseconds, `end` stops.
@c(TrafficProbe_main) public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  var given = PortSet()
  var index = 1
  while index < Int(count), let word = arguments[index], strcmp(word, "--") != 0 {
    if strcmp(word, "--port") == 0, let port = arguments[index + 1] {
      given.insert(UInt16(truncatingIfNeeded: atoi(port)))
      index += 1
    }
    index += 1
  }
  guard index + 1 < Int(count), let program = arguments[index + 1] else { return 2 }
  var probe = Probe(given: given)
  let child = pid_t(linux_syscall(Int(SYS_clone), Int(SIGCHLD), 0, 0, 0, 0, 0))
  if child == 0 {
    _ = execvp(program, arguments + index + 1)
    return 127
  }
  probe.serve()
  _ = kill(child, SIGKILL)
  var status: Int32 = 0
  _ = waitpid(child, &status, 0)
  return 0
}

struct Probe: ~Copyable {
  private var ports: AppPorts
  private var watch: Watch
  private var given: PortSet
  private var input = ByteBuffer(capacity: 256)
  private var output = ByteBuffer(capacity: 4_096)

  init(given: PortSet) {
    self.given = given
    watch = Watch()
    ports = AppPorts(given: given)
    ports.learn()
    ports.learnInherited()
  }

  /// Answers until standard input ends.
  mutating func serve() {
    while true {
      watch.waitForInput()
      input.removeAll()
      input.fill { read(0, $0.baseAddress, $0.count) }
      if input.count == 0 { return }
      let question = input.bytes[0]
      answer(question)
      output.append("\n")
      output.withBytes { _ = write(1, $0.baseAddress, $0.count) }
      output.removeAll()
    }
  }

  private mutating func answer(_ question: UInt8) {
    switch question {
    case UInt8(ascii: "g"): answerGate()
    case UInt8(ascii: "p"): answerPorts()
    case UInt8(ascii: "d"):
      let appPorts = given.isEmpty ? ports.listeners().ports : given
      watch.begin(appPorts)
      watch.report(to: &output)
    case UInt8(ascii: "l"):
      watch.look(&ports)
      watch.report(to: &output)
    case UInt8(ascii: "c"): watch.reportCost(to: &output)
    case UInt8(ascii: "t"): watch.report(to: &output)
    case UInt8(ascii: "e"):
      watch.end()
      output.append("ended")
    default: output.append("?")
    }
  }

  private mutating func answerGate() {
    guard let listens = ports.listens() else { return output.append("unknown") }
    output.append(listens ? "yes" : "no")
  }

  private mutating func answerPorts() {
    let found = ports.listeners()
    for index in 0..<found.ports.rangeCount {
      guard let (low, high) = found.ports.range(index) else { break }
      for port in low...high {
        output.append(decimal: UInt64(port))
        output.append(" ")
      }
    }
    if found.hasDatagrams { output.append("udp ") }
    switch found.verdict() {
    case .none: output.append("none")
    case .client: output.append("client")
    case .unseen: output.append(found.hasDatagrams ? "udp-only" : "unix-only")
    case .tcp: output.append("tcp")
    case .both: output.append("both")
    case .partly: output.append("partly")
    case .unknown: output.append("unknown")
    }
    switch found.way.table {
    case .netlink: output.append(" netlink")
    case .procNet: output.append(" proc")
    case .counts: output.append(" counts")
    case .nothing: output.append(" nothing")
    }
    switch found.way.owner {
    case .given: output.append(" given")
    case .cgroup: output.append(" cgroup")
    case .descriptors: output.append(" descriptors")
    case .users: output.append(" users")
    case .newcomers: output.append(" newcomers")
    }
  }
}
