import CLinux
import DrainCore

/// Watches the connections to the app's ports while draining, and tells a `QuietRule` what it sees.
///
/// Two sources, both without privilege: a look is a dump of what is open (sock_diag(7)); the TCP-destroy
/// multicast group tells of every connection that closes, however short it was, so that none slips between
/// two looks. What it means is the rule's.
public struct TrafficObserver: ~Copyable {
  /// The slots of its two event tokens.
  private static var closingSlot: UInt32 { 0 }
  private static var dumpSlot: UInt32 { 1 }

  private let kind: UInt8
  private let ignored: [IPNetwork]
  private var ledger = ConnectionLedger()
  private var ports = PortSet()
  /// Where the app listens: on its ports at other addresses others may.
  private var ends = ListeningEnds()
  private var diag = SocketDiag()
  private var closings: NetlinkSocket?
  private var datagram = ByteBuffer(capacity: 2_048)
  private var cost = Interval.zero
  /// Whether the app has sockets, too, whose arrivals no look shows.
  public var hasUnseen = false
  /// Whether what came before this look may have been missed, such as what came to a port that was not
  /// watched yet: the look ends no window.
  private var hasGap = false
  /// Which of a look's two dumps is under way.
  private var isV6 = false
  /// Whether a look is under way.
  public private(set) var isLooking = false
  /// Why nothing can be seen any more; nil while it works.
  public private(set) var failure: Errno?

  /// Reserves what watching needs; its event tokens have this `kind`, and the arrivals of `ignored` are
  /// not told.
  public init(kind: UInt8, ignoring ignored: [IPNetwork] = []) {
    self.kind = kind
    self.ignored = ignored
  }

  /// Begins to watch, and the look that tells what is open already.
  ///
  /// Where netlink is refused `failure` says why, and nothing is watched.
  public mutating func begin(
    _ appPorts: PortSet, _ loop: borrowing EventLoop, at now: Instant
  ) {
    end(loop)
    ports = appPorts
    hasGap = false
    failure = nil
    ledger.begin(at: now)
    do throws(Errno) {
      // Group 1 is SKNLGRP_INET_TCP_DESTROY, 3 the same for IPv6 (<linux/sock_diag.h>). Before the look,
      // so that nothing falls between.
      let socket = try NetlinkSocket(groups: 1 << 0 | 1 << 2)
      // Room for about 800 closings of one turn; net.core.rmem_max may allow less.
      socket.reserve(bytes: 1 << 20)
      let token = EventToken(kind: kind, slot: TrafficObserver.closingSlot)
      try loop.add(socket.number, token, .reading)
      closings = consume socket
    } catch {
      failure = error
      return
    }
    beginLook(loop, at: now)
  }

  /// Has connections to these listeners of the app's watched, too, before the next look begins.
  ///
  /// - Parameter isPartial: whether there may be more of them.
  public mutating func add(
    _ more: PortSet, at moreEnds: borrowing ListeningEnds, isPartial: Bool
  ) {
    let known = ends.count
    ends.insert(moreEnds)
    hasGap = isPartial || closings != nil && ends.count > known
    ports.insert(more)
  }

  /// Begins a look, unless one is under way, which has already cost so much.
  public mutating func beginLook(
    _ loop: borrowing EventLoop, at now: Instant, cost spent: Interval = .zero
  ) {
    if isLooking || failure != nil || closings == nil { return }
    ledger.beginLook(at: now)
    cost = spent
    isLooking = true
    dump(isV6: false, loop)
  }

  /// Takes in what has become readable: at most one batch of a dump, or 32 closings.
  public mutating func handle(
    _ event: ReadyEvent, _ isOwn: (IPAddress, UInt16) -> Bool, _ rule: inout QuietRule,
    _ loop: borrowing EventLoop, at now: Instant
  ) {
    if failure != nil { return }
    if event.token.slot == TrafficObserver.closingSlot {
      receiveClosings(isOwn, &rule, loop, at: now)
    } else if isLooking {
      receiveBatch(isOwn, &rule, loop, at: now)
    }
  }

  /// Stops watching and closes what was open.
  public mutating func end(_ loop: borrowing EventLoop) {
    if let open = closings.take() {
      // Nothing of it is told any more, even where a child still holds a copy.
      _ = try? loop.remove(open.number)
    }
    closeDump(loop)
    isLooking = false
  }

  // MARK: A look

  private mutating func dump(isV6 wanted: Bool, _ loop: borrowing EventLoop) {
    isV6 = wanted
    let begun = Clock.processorTime()
    do throws(Errno) {
      let isOpen = diag.number >= 0
      try diag.begin(.connections(isV6: wanted), ports: ports)
      if !isOpen {
        let token = EventToken(kind: kind, slot: TrafficObserver.dumpSlot)
        try loop.add(diag.number, token, .reading)
      }
    } catch {
      fail(error, loop)
    }
    cost = cost + (Clock.processorTime() - begun)
  }

  private mutating func receiveBatch(
    _ isOwn: (IPAddress, UInt16) -> Bool, _ rule: inout QuietRule, _ loop: borrowing EventLoop,
    at now: Instant
  ) {
    let begun = Clock.processorTime()
    var isComplete = false
    switch diag.receive() {
    case .bytes: isComplete = takeRows(isOwn, &rule, loop, at: now)
    case .wouldBlock, .endOfFile: break
    case .failed(let error): fail(error, loop)
    }
    cost = cost + (Clock.processorTime() - begun)
    if isComplete && isV6 {
      finishLook(&rule)
    } else if isComplete {
      dump(isV6: true, loop)
    }
  }

  /// Takes in a batch's rows; true where the dump is complete.
  private mutating func takeRows(
    _ isOwn: (IPAddress, UInt16) -> Bool, _ rule: inout QuietRule, _ loop: borrowing EventLoop,
    at now: Instant
  ) -> Bool {
    while true {
      switch diag.next() {
      case .row(let row):
        if !counts(row, isOwn) { continue }
        if let arrival = ledger.saw(row, at: now) { rule.arrived(arrival) }
      case .needsMore: return false
      case .end: return true
      case .failed(let error):
        // A machine without IPv6 has no table for it, and misses nothing.
        if isV6 && error.number == ENOENT { return true }
        fail(error, loop)
        return false
      }
    }
  }

  private mutating func finishLook(_ rule: inout QuietRule) {
    let begun = Clock.processorTime()
    isLooking = false
    var result = ledger.endLook(cost: cost)
    result.hasUnseen = hasUnseen || hasGap
    result.cost = cost + (Clock.processorTime() - begun)
    rule.looked(result)
  }

  // MARK: Closings

  private mutating func receiveClosings(
    _ isOwn: (IPAddress, UInt16) -> Bool, _ rule: inout QuietRule, _ loop: borrowing EventLoop,
    at now: Instant
  ) {
    // A datagram each; as many a turn as the loop takes events.
    for _ in 0..<EventLoop.eventsATurn {
      switch closings?.receive(into: &datagram) ?? .wouldBlock {
      case .bytes: takeClosings(isOwn, &rule, at: now)
      case .wouldBlock, .endOfFile: return
      case .failed(let error):
        // More connections closed than the kernel keeps for us: so there were arrivals, and another
        // look is needed.
        if error.number == ENOBUFS { rule.missed(at: now) } else { fail(error, loop) }
        return
      }
    }
  }

  private mutating func takeClosings(
    _ isOwn: (IPAddress, UInt16) -> Bool, _ rule: inout QuietRule, at now: Instant
  ) {
    var walk = NetlinkMessages()
    while let message = walk.next(in: datagram.bytes) {
      guard message.type == NetlinkMessage.socketByFamily,
        let row = SocketRow(datagram.bytes, from: message.start, to: message.end),
        ports.contains(row.localPort), counts(row, isOwn)
      else { continue }
      if let arrival = ledger.closed(row, at: now) { rule.arrived(arrival) }
    }
  }

  /// Whether a socket is one to tell of: the app's, not drainit's own check, nobody's who is ignored.
  private func counts(_ row: SocketRow, _ isOwn: (IPAddress, UInt16) -> Bool) -> Bool {
    if isOwn(row.peer, row.peerPort) { return false }
    if row.state == .listen { return ends.contains(listener: row.local, port: row.localPort) }
    if !ends.covers(row.local, port: row.localPort) { return false }
    for range in ignored where range.contains(row.peer) { return false }
    return true
  }

  // MARK: Failure

  private mutating func fail(_ error: Errno, _ loop: borrowing EventLoop) {
    end(loop)
    failure = error
  }

  private mutating func closeDump(_ loop: borrowing EventLoop) {
    if diag.number < 0 { return }
    _ = try? loop.remove(diag.number)
    diag.close()
  }
}
