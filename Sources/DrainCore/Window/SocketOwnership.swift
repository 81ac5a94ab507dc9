/// Decides whether a socket in drainit's network namespace is the app's.
///
/// A pod's containers share the namespace, and not every process of the app can be looked into, so
/// there are three ways to tell, and the best that the kernel allows is taken (the design's
/// "the app's ports"). Nothing here is asked twice a second: a listener is rare.
public struct SocketOwnership: Sendable {
  /// `--port`, where given: then only the port decides.
  public var given = PortSet()
  /// The inode of drainit's own listener, which never counts; 0 where it has none.
  public var ownListener: UInt32 = 0
  /// The cgroup that drainit's own sockets are made in; `cannotTell` where the kernel does not say.
  public var cgroup: UInt64 = 0
  /// Whether other containers are in that cgroup, too, or may be: then it tells nothing.
  public var isCgroupShared = false
  /// The inodes of the listeners that drainit was handed and handed on to the app.
  public var inherited = FixedSet(capacity: 64)
  /// The inodes of what was listening before the app was started.
  public var before = FixedSet(capacity: 256)
  /// The users whose sockets may be the app's: drainit's own, and those of processes that could not
  /// be read.
  public var users = FixedSet(capacity: 32)

  public init() {}

  /// Whether a socket's cgroup says whose it is. The root's (1) does not: with cgroup v1 alone every
  /// socket has that, and 0 is a kernel before 5.8.
  public var cgroupTells: Bool { cgroup > 1 && !isCgroupShared }

  /// What a row alone shows.
  public func verdict(_ row: SocketRow) -> SocketVerdict {
    if ownListener != 0 && row.inode == ownListener { return .notApps }
    if !given.isEmpty { return given.contains(row.localPort) ? .apps : .notApps }
    if row.inode != 0 && inherited.contains(row.inode) { return .apps }
    if cgroupTells && row.cgroup == cgroup { return .apps }
    return .undecided
  }

  /// What the last rule says of a socket that was found with none of the processes that could be
  /// read, and may be that of one which could not: it is the app's if it is new and of one of the users.
  ///
  /// - Parameter orAnyUser: whether the users are not known.
  public func verdictByUser(
    _ candidate: ListenerCandidate, orAnyUser: Bool = false
  ) -> SocketVerdict {
    if before.contains(candidate.inode) { return .notApps }
    return orAnyUser || users.contains(candidate.user) || users.isOverfull ? .apps : .notApps
  }
}

/// Whether a socket is the app's.
public enum SocketVerdict: Equatable, BitwiseCopyable, Sendable {
  case apps
  case notApps
  /// /proc/PID/fd of the app's processes decides, then the user.
  case undecided
}

/// A socket that is not decided yet.
public struct ListenerCandidate: Equatable, BitwiseCopyable, Sendable {
  public let inode: UInt32
  public let user: UInt32
  public let port: UInt16
  public let isDatagram: Bool
  public let isV6Only: Bool
  /// Whether it was found to be the app's.
  public var isApps = false
  // In halves: a number of 16 bytes would be aligned to as many.
  private let high: UInt64
  private let low: UInt64

  /// Its local address.
  public var local: IPAddress { IPAddress(bits: UInt128(high) << 64 | UInt128(low)) }

  public init(_ row: SocketRow, isDatagram: Bool) {
    inode = row.inode
    user = row.user
    port = row.localPort
    high = UInt64(truncatingIfNeeded: row.local.bits >> 64)
    low = UInt64(truncatingIfNeeded: row.local.bits)
    isV6Only = row.isV6Only
    self.isDatagram = isDatagram
  }

  /// One of which no more is known than its number.
  public init(inode: UInt32) {
    self.inode = inode
    user = 0
    port = 0
    high = 0
    low = 0
    isV6Only = false
    isDatagram = false
  }
}

/// The sockets of one look that are not decided yet, at most 256.
public struct ListenerCandidates: Sendable {
  /// How many there are.
  public private(set) var count = 0
  /// Whether there were more than fit: then some of the app's may be unseen.
  public private(set) var isOverfull = false
  // On the heap, once: a value of this size would be copied over the stack whenever it is moved.
  private var places = [ListenerCandidate](repeating: ListenerCandidate(inode: 0), count: 256)

  public init() {}

  /// How many are still not known to be the app's.
  public var undecided: Int {
    var left = 0
    for index in 0..<count where !places[index].isApps { left &+= 1 }
    return left
  }

  /// Adds one; one that does not fit is refused, and `isOverfull` says so.
  public mutating func append(_ candidate: ListenerCandidate) {
    if count == places.count {
      isOverfull = true
      return
    }
    places[count] = candidate
    count &+= 1
  }

  /// The candidate at `index`, 0 to `count` - 1, or nil.
  public func candidate(_ index: Int) -> ListenerCandidate? {
    index >= 0 && index < count ? places[index] : nil
  }

  /// Drops those that are in the set.
  public mutating func remove(_ decided: borrowing FixedSet) {
    var kept = 0
    for index in 0..<count where !decided.contains(places[index].inode) {
      places[kept] = places[index]
      kept &+= 1
    }
    count = kept
  }

  /// Notes that a process of the app has the socket of that inode open.
  public mutating func markApps(inode: UInt32) {
    for index in 0..<count where places[index].inode == inode { places[index].isApps = true }
  }

  /// Whether the socket of that inode was found to be the app's.
  public func isApps(inode: UInt32) -> Bool {
    for index in 0..<count where places[index].inode == inode { return places[index].isApps }
    return false
  }

  /// Empties the list.
  public mutating func removeAll() {
    count = 0
    isOverfull = false
  }
}

/// What of the app's takes connections, as one look found it.
public struct AppListeners: BitwiseCopyable, Sendable {
  /// The local ports of the app's TCP listeners.
  public var ports = PortSet()
  /// Whether a UDP socket of the app's is bound outside ip_local_port_range, or to a `--port`.
  public var hasDatagrams: Bool { datagramPort != 0 }
  /// The port of the first of these; 0 for none.
  public var datagramPort: UInt16 = 0
  /// The port of the app's first UDP socket within that range, which is taken for a client's; 0 for none.
  public var clientPort: UInt16 = 0
  /// Whether a UNIX socket of the app's listens, where it has no TCP listener: else nobody looked.
  public var hasLocal = false
  /// Whether something was, or may have been, out of sight.
  public var isPartial = false
  /// How it was seen.
  public var way = PortsWay(table: .nothing, owner: .given)

  public init() {}

  /// Whether the app listens: on each of `given`, or on any port where none is given.
  public func listens(on given: PortSet) -> Bool {
    if given.isEmpty { return !ports.isEmpty }
    for index in 0..<given.rangeCount {
      guard let (low, high) = given.range(index) else { continue }
      for port in low...high where !ports.contains(port) { return false }
    }
    return true
  }
}

/// Which way the app's ports were found, for the log and /status.
public struct PortsWay: Equatable, BitwiseCopyable, Sendable {
  public var table: Table
  public var owner: Owner

  public init(table: Table, owner: Owner) {
    self.table = table
    self.owner = owner
  }

  /// Where the sockets were listed.
  public enum Table: UInt8, Equatable, BitwiseCopyable, Sendable {
    /// netlink SOCK_DIAG.
    case netlink
    /// /proc/net/tcp and tcp6, since netlink was refused.
    case procNet
    /// Nowhere: /proc/net/sockstat and sockstat6 count none.
    case counts
    /// None of them could be read.
    case nothing
  }

  /// How it was told whose they are.
  public enum Owner: UInt8, Equatable, BitwiseCopyable, Sendable {
    /// `--port`.
    case given
    /// The cgroup they were made in, and /proc/PID/fd beside it.
    case cgroup
    /// /proc/PID/fd of the app's processes alone.
    case descriptors
    /// /proc/PID/fd, and for processes that cannot be read the user.
    case users
    /// A process of the app's cannot be seen at all: whatever was not there before it.
    case newcomers
  }
}
