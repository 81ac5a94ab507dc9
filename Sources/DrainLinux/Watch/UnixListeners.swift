import DrainCore

/// The UNIX sockets that listen at a path in drainit's network namespace, by /proc/net/unix, which needs
/// neither privilege nor a module.
struct UnixListeners: ~Copyable {
  /// The path of the one that was found to be the app's, with a zero behind it.
  private(set) var path = ByteBuffer(capacity: 128)
  /// Whether the list was read to its end.
  private(set) var isWhole = true
  private var file: FileDescriptor?
  private var lines = ByteBuffer(capacity: 4_096)
  private var lineStart = 0
  private var readsLeft = 0

  init() {}

  /// Adds those that may be the app's.
  mutating func read(into candidates: inout ListenerCandidates) {
    begin()
    while let line = next() { candidates.append(ListenerCandidate(inode: line.inode)) }
  }

  /// Whether one of them is the app's.
  ///
  /// - Parameter orHere: whether, since a process of the app cannot be read, one that can be reached by its
  ///   path counts: another container of the pod has its own file system.
  mutating func hasApps(_ candidates: borrowing ListenerCandidates, orHere: Bool) -> Bool {
    begin()
    while let line = next() {
      note(line)
      if candidates.isApps(inode: line.inode) { return true }
      if orHere && path.withBytes({ FileLook.isSocket($0) }) { return true }
    }
    path.removeAll()
    return false
  }

  private mutating func note(_ line: UnixSocketLine) {
    path.removeAll()
    let end = min(line.path.end, line.path.start &+ UnixSocketLine.longestPath)
    for index in line.path.start..<end {
      let byte = lines.bytes[index]
      path.append(byte)
    }
    path.append(0)
  }

  private mutating func begin() {
    file = ProcFile.open("/proc/net/unix")
    lines.removeAll()
    lineStart = 0
    isWhole = file != nil
    // A megabyte, more than 10,000 sockets: a longer list is not a container's.
    readsLeft = 256
  }

  /// The next that listens at a path and is no runtime's own.
  private mutating func next() -> UnixSocketLine? {
    while let end = lineEnd() {
      let line = UnixSocketLine(lines.bytes, from: lineStart, to: end)
      lineStart = end &+ 1
      if let line, !UnixSocketLine.isRuntimes(line.path.of(lines.bytes)) { return line }
    }
    file = nil
    return nil
  }

  /// Where the line at `lineStart` ends, reading on where it is not whole; nil at the file's end.
  private mutating func lineEnd() -> Int? {
    var place = lineStart
    while true {
      while place < lines.count {
        if lines.bytes[place] == UInt8(ascii: "\n") { return place }
        place &+= 1
      }
      lines.removeFirst(lineStart)
      place &-= lineStart
      lineStart = 0
      guard readsLeft > 0, let open = file.take() else { return nil }
      readsLeft &-= 1
      let count = ProcFile.read(open, into: &lines)
      file = consume open
      if count < 0 || readsLeft == 0 { isWhole = false }
      if count <= 0 { return nil }
    }
  }
}
