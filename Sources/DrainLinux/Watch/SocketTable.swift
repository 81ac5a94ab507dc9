import CLinux
import DrainCore

/// Lists listeners and bound sockets: by netlink, or by /proc/net where netlink is refused.
struct SocketTable: ~Copyable {
  /// Where the rows come from; `.nothing` where neither way was open.
  private(set) var source: PortsWay.Table = .nothing
  /// Whether the list broke off before its end.
  var isPartial = false
  /// Drainit's own listener: nil where it has none, else whether it is of IPv6.
  var ownListenerIsV6: Bool?

  private var diag = SocketDiag()
  private var isRefused = false
  private var counts = SocketCountFile(isV6: false)
  private var counts6 = SocketCountFile(isV6: true)
  private var isNone = false
  private var request = SocketRequest.listeners(isV6: false)
  private var batches = 0
  private var file: FileDescriptor?
  private(set) var lines = ByteBuffer(capacity: 4_096)
  var lineStart = 0

  init() {}

  // 64 batches hold more than 10,000 listeners; a table that is longer is not one of a container.
  private var batchLimit: Int { 64 }

  /// Begins a look: netlink gets another chance, since a module may have been loaded.
  mutating func reset() {
    source = .nothing
    isPartial = false
    isRefused = false
    counts.reset()
    counts6.reset()
  }

  /// Begins one list of sockets; drainit's own listener may be left out of it.
  ///
  /// - Parameter includingOwn: whether drainit's own listener must be among them.
  mutating func begin(_ wanted: SocketRequest, includingOwn: Bool = false) {
    request = wanted
    batches = batchLimit
    file = nil
    isNone = !includingOwn && isKnownToBeNone()
    if isNone {
      if source == .nothing { source = .counts }
      return
    }
    if isRefused { return beginProcNet() }
    do throws(Errno) {
      try diag.begin(wanted)
      source = .netlink
    } catch {
      refuse()
    }
  }

  /// The next socket of the list, or nil at its end.
  mutating func next() -> SocketRow? {
    if isNone { return nil }
    if file != nil { return nextLine() }
    if isRefused { return nil }
    switch diag.nextRow(batches: &batches) {
    case .row(let row): return row
    case .failed(let error):
      // A machine without IPv6 has no table for it, and misses nothing.
      if request.isV6 && error.number == ENOENT && !request.isDatagram { return nil }
      if batches < batchLimit &- 1 {
        isPartial = true
        return nil
      }
      refuse()
      return file == nil ? nil : nextLine()
    case .end, .needsMore: return nil
    }
  }

  /// Closes what a look has opened.
  mutating func close() {
    diag.close()
    file = nil
  }

  /// Whether the counts say that there is nothing to list.
  private mutating func isKnownToBeNone() -> Bool {
    let own: UInt64 = ownListenerIsV6 == request.isV6 ? 1 : 0
    return request.isV6
      ? counts6.hasNone(request, besides: own) : counts.hasNone(request, besides: own)
  }

  private mutating func refuse() {
    // udp_diag is a module of its own: without it TCP is still seen by netlink.
    if !request.isDatagram { isRefused = true }
    beginProcNet()
  }

  private mutating func beginProcNet() {
    let text =
      switch (request.isDatagram, request.isV6) {
      case (false, false): ProcFile.open("/proc/net/tcp")
      case (false, true): ProcFile.open("/proc/net/tcp6")
      case (true, false): ProcFile.open("/proc/net/udp")
      case (true, true): ProcFile.open("/proc/net/udp6")
      }
    open(text)
    if file != nil {
      if !request.isDatagram { source = .procNet }
    } else if !request.isV6 {
      // Without IPv6 there is no tcp6; without tcp there is nothing to see.
      isPartial = true
    }
  }

  /// Whether a text is being read.
  var isOpen: Bool { file != nil }

  /// Begins to read a text.
  mutating func open(_ text: consuming FileDescriptor?) {
    file = text
    lines.removeAll()
    lineStart = 0
  }

  private mutating func nextLine() -> SocketRow? {
    while let end = lineEnd() {
      let row = SocketRow(procNetLine: lines.bytes, from: lineStart, to: end)
      lineStart = end &+ 1
      guard let row else { continue }
      if row.state.bit & request.states != 0 { return row }
      // /proc/net/tcp begins with the listeners; thousands of connections may follow.
      if !request.isDatagram { break }
    }
    file = nil
    return nil
  }

  /// Where the line at `lineStart` ends, reading on where it is not whole; nil at the file's end.
  mutating func lineEnd() -> Int? {
    var place = lineStart
    while true {
      while place < lines.count {
        if lines.bytes[place] == UInt8(ascii: "\n") { return place }
        place &+= 1
      }
      lines.removeFirst(lineStart)
      place &-= lineStart
      lineStart = 0
      if !readOn() { return nil }
    }
  }

  private mutating func readOn() -> Bool {
    guard let open = file.take() else { return false }
    let count = ProcFile.read(open, into: &lines)
    file = consume open
    if count < 0 { isPartial = true }
    return count > 0
  }
}
