import CLinux
import DrainCore

/// Finds what of the app's takes connections: "the app's ports" of the design.
///
/// A look is short: it reads listeners alone, and /proc/PID/fd only for those that nothing else
/// decides. It never waits, and what it reads is bounded.
public struct AppPorts: ~Copyable {
  /// What decides whose a socket is.
  var ownership = SocketOwnership()
  var found = AppListeners()
  var candidates = ListenerCandidates()
  var table = SocketTable()
  /// Whether what a list shows was there before the app.
  private var notesBefore = false
  /// Whose processes the app's are.
  let scope: ProcessWalk.Scope
  /// Whether a process of the app could not be read in the last search.
  var hasUnread = false
  /// The path of the UNIX socket that the last look found, with a zero behind it; empty for none.
  var unixPath = ByteBuffer(capacity: 128)
  /// Drainit's own cgroup's path, for processes that are in one below.
  var ownCgroup = CgroupPaths()
  /// Where the app's listeners that the looks have shown are bound.
  public private(set) var ends = ListeningEnds()
  /// The sockets that the last search has decided, by their inodes: a look in the window asks only for
  /// those that are new.
  private var decided = FixedSet(capacity: 256)
  /// The ports that the kernel gives to clients, once a look has asked.
  private var clientPorts: (low: UInt16, high: UInt16)?
  var link: ByteBuffer
  var name: ByteBuffer

  /// Reserves what a look needs.
  ///
  /// - Parameters:
  ///   - given: `--port`, empty where it was not given.
  ///   - holds: whether the app is another's: every other process that is seen (`--hold`).
  public init(given: PortSet, holds: Bool = false) {
    scope = holds || getpid() == 1 ? .everybody : .descendants
    ownership.given = given
    link = ByteBuffer(capacity: 64)
    name = ByteBuffer(capacity: 24)
  }

  /// Tells which socket is drainit's own endpoint: it never counts.
  public mutating func setOwnListener(_ descriptor: Int32) {
    ownership.ownListener = AppPorts.inode(of: descriptor)
    if ownership.ownListener != 0 { table.ownListenerIsV6 = AppPorts.isV6(descriptor) }
  }

  /// Learns what was there before the app is started: drainit's own cgroup and, where that cannot
  /// tell, every listener.
  ///
  /// To be called before the app is started, which may listen within microseconds, and after
  /// `setOwnListener`.
  ///
  /// - Parameter again: whether drainit has come back after a fault: the app's own listeners are there
  ///   by now, and nothing can be told apart by the time of its making.
  public mutating func learn(again: Bool = false) {
    ownership.users.insert(geteuid())
    if !ownership.given.isEmpty { return }
    notesBefore = !again
    learnCgroup()
    if ownership.cgroupTells {
      ownCgroup = ProcessFiles.cgroup(getpid())
      ownership.isCgroupShared = ownCgroup.mayShareUnified
    }
    if !again { learnBefore() }
    table.close()
  }

  /// Notes the listeners among drainit's own descriptors: whoever made them, the app takes them over
  /// (socket activation). To be called before inherited descriptors are given up.
  public mutating func learnInherited() {
    guard ownership.given.isEmpty,
      let directory = ProcFile.open("/proc/self/fd", isDirectory: true)
    else { return }
    var numbers = DirectoryNumbers()
    while let descriptor = numbers.next(in: directory) {
      if !AppPorts.isListener(descriptor) { continue }
      let inode = AppPorts.inode(of: descriptor)
      if inode != 0 && inode != ownership.ownListener { ownership.inherited.insert(inode) }
    }
  }

  /// Whether the app listens on each `--port`, or on any port without one: the check `listening`.
  ///
  /// Nil where it could not be seen.
  public mutating func listens() -> Bool? {
    look(.forGate)
    if found.listens(on: ownership.given) { return true }
    return found.isPartial ? nil : false
  }

  /// What of the app's takes connections, for the drain signal.
  public mutating func listeners() -> AppListeners {
    ends.removeAll()
    look(.forWindow)
    if found.ports.isEmpty { lookForUnixListeners() }
    return found
  }

  /// What the app has in the window: `ends` has gained the TCP listeners that came since the last look.
  ///
  /// It costs a short dump of each kind of which there are sockets; processes are searched only where one
  /// has come that nothing else decides. UNIX sockets are not listed: those beside TCP count where they
  /// were named, and then from the start.
  public mutating func listenersAgain() -> AppListeners {
    look(.again)
    return found
  }

  /// The way that the last look went.
  public var way: PortsWay { found.way }

  // MARK: One look

  private enum Purpose {
    case forGate
    case forWindow
    case again
  }

  @inline(never) private mutating func look(_ purpose: Purpose) {
    found = AppListeners()
    candidates.removeAll()
    table.reset()
    readListeners(isV6: false)
    readListeners(isV6: true)
    if purpose == .forWindow {
      decided.removeAll()
      clientPorts = nil
    }
    if purpose != .forGate {
      readDatagramReceivers(isV6: false, withClients: purpose == .forWindow)
      readDatagramReceivers(isV6: true, withClients: purpose == .forWindow)
    }
    table.close()
    found.isPartial = table.isPartial || candidates.isOverfull
    found.way.table = table.source
    if !ownership.given.isEmpty { return }
    found.way.owner = ownership.cgroupTells ? .cgroup : .descriptors
    if purpose == .again { candidates.remove(decided) }
    if candidates.count == 0 || purpose == .forGate && !found.ports.isEmpty { return }
    searchProcesses(links: purpose == .forWindow ? 65_536 : 8_192)
    takeCandidates(forGate: purpose == .forGate)
    if purpose == .forGate { return }
    for index in 0..<candidates.count {
      if let candidate = candidates.candidate(index) { decided.insert(candidate.inode) }
    }
  }

  private mutating func readListeners(isV6: Bool) {
    table.begin(.listeners(isV6: isV6))
    while let row = table.next() { judge(row, isDatagram: false) }
  }

  private mutating func readDatagramReceivers(isV6: Bool, withClients: Bool) {
    table.begin(.datagramReceivers(isV6: isV6))
    while let row = table.next() {
      // Clients' sockets may be many, and must not crowd servers out.
      if (!withClients || candidates.count >= 128) && isClients(row.localPort) { continue }
      judge(row, isDatagram: true)
    }
  }

  /// Whether a UDP port is taken for a client's, such as a resolver's: the kernel has bound it. One that was
  /// named is not.
  private mutating func isClients(_ port: UInt16) -> Bool {
    if !ownership.given.isEmpty { return false }
    let range = clientPorts ?? AppPorts.ephemeralPorts()
    clientPorts = range
    return port >= range.low && port <= range.high
  }

  private mutating func judge(_ row: SocketRow, isDatagram: Bool) {
    switch ownership.verdict(row) {
    case .notApps: break
    case .apps: take(ListenerCandidate(row, isDatagram: isDatagram))
    case .undecided: candidates.append(ListenerCandidate(row, isDatagram: isDatagram))
    }
  }

  private mutating func take(_ listener: ListenerCandidate) {
    let port = listener.port
    if !listener.isDatagram {
      found.ports.insert(port)
      if ownership.given.isEmpty {
        ends.insert(listener.local, port: port, isV6Only: listener.isV6Only)
      }
    } else if isClients(port) {
      if found.clientPort == 0 { found.clientPort = port }
    } else if found.datagramPort == 0 {
      found.datagramPort = port
    }
  }

  private mutating func takeCandidates(forGate: Bool) {
    let isByUser = found.way.owner == .users || found.way.owner == .newcomers
    for index in 0..<candidates.count {
      guard let candidate = candidates.candidate(index) else { break }
      if candidate.isApps || isByUser && ownership.verdictByUser(candidate) == .apps {
        take(candidate)
      } else if found.way.owner == .newcomers
        && ownership.verdictByUser(candidate, orAnyUser: true) == .apps
      {
        // Of a user that cannot be known. In the window one too many only makes it wait.
        if forGate { found.isPartial = true } else { take(candidate) }
      }
    }
  }

  // MARK: Before the start

  /// Learns the cgroup of drainit's own sockets: from its endpoint's listener, else from one opened for
  /// the look, which is gone before anybody could connect, on the loopback address where there is one.
  private mutating func learnCgroup() {
    if ownership.ownListener != 0 && learnCgroup(of: ownership.ownListener) { return }
    let kind = linux_SOCK_STREAM | linux_SOCK_CLOEXEC | linux_SOCK_NONBLOCK
    guard let own = FileDescriptor(owning: socket(AF_INET, kind, 0)) else { return }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    _ = linux_bind(own.number, &address, socklen_t(MemoryLayout<sockaddr_in>.size))
    if listen(own.number, 1) != 0 { return }
    _ = learnCgroup(of: AppPorts.inode(of: own.number))
  }

  /// Finds the listener among all; false where it is not seen.
  private mutating func learnCgroup(of inode: UInt32) -> Bool {
    table.reset()
    // The endpoint's own is as a rule an IPv6 one for both.
    return seesCgroup(inode, .listeners(isV6: true)) || seesCgroup(inode, .listeners(isV6: false))
  }

  private mutating func seesCgroup(_ inode: UInt32, _ request: SocketRequest) -> Bool {
    var isSeen = false
    table.begin(request, includingOwn: true)
    // To its end: the kernel begins no second dump on a socket before (EBUSY).
    while let row = table.next() {
      if notesBefore { ownership.before.insert(row.inode) }
      if row.inode != inode { continue }
      ownership.cgroup = row.cgroup
      isSeen = true
    }
    return isSeen
  }

  private mutating func learnBefore() {
    table.reset()
    // That of IPv6 has been read for the cgroup, unless there was no socket to look for.
    if ownership.before.count == 0 { remember(.listeners(isV6: true)) }
    remember(.listeners(isV6: false))
    remember(.datagramReceivers(isV6: false))
    remember(.datagramReceivers(isV6: true))
  }

  private mutating func remember(_ request: SocketRequest) {
    table.begin(request)
    while let row = table.next() { ownership.before.insert(row.inode) }
  }
}
