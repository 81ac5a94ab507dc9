import DrainCore

// UNIX sockets that listen at a path, by /proc/net/unix, which needs neither privilege nor a module.

extension AppPorts {
  /// The path of the UNIX socket that the last look found; empty for none.
  public var unixListener: [UInt8] {
    var path: [UInt8] = []
    for index in 0..<max(unixPath.count &- 1, 0) { path.append(unixPath.bytes[index]) }
    return path
  }

  /// Looks for one of the app's, for an app that has no TCP listener.
  mutating func lookForUnixListeners() {
    candidates.removeAll()
    table.beginUnix()
    while let line = table.nextUnix() { candidates.append(ListenerCandidate(inode: line.inode)) }
    hasUnread = false
    if candidates.count > 0 { searchProcesses(links: 65_536) }
    found.hasLocal = chooseUnixListener()
    if table.isPartial || candidates.isOverfull { found.isPartial = true }
    table.close()
  }

  /// Finds the first that is the app's and keeps its path. Where a process of the app cannot be read, one
  /// that can be reached by its path counts: another container of the pod has its own file system.
  private mutating func chooseUnixListener() -> Bool {
    if candidates.count == 0 { return false }
    table.beginUnix()
    while let line = table.nextUnix() {
      table.copy(line.path, into: &unixPath)
      if candidates.isApps(inode: line.inode) { return true }
      if hasUnread && isHere() { return true }
    }
    unixPath.removeAll()
    return false
  }

  private borrowing func isHere() -> Bool {
    unixPath.withBytes { bytes in
      guard let path = bytes.baseAddress else { return false }
      return FileLook.isSocket(path.assumingMemoryBound(to: CChar.self))
    }
  }
}

extension SocketTable {
  /// Begins the list of UNIX sockets.
  mutating func beginUnix() {
    open(ProcFile.open("/proc/net/unix"))
    if !isOpen { isPartial = true }
  }

  /// The next that listens at a path and is no runtime's own.
  mutating func nextUnix() -> UnixSocketLine? {
    while let end = lineEnd() {
      let line = UnixSocketLine(lines.bytes, from: lineStart, to: end)
      lineStart = end &+ 1
      if let line, !UnixSocketLine.isRuntimes(line.path.of(lines.bytes)) { return line }
    }
    return nil
  }

  /// Copies a part of the line that was read last, with a zero behind it.
  func copy(_ part: ByteRange, into buffer: inout ByteBuffer) {
    buffer.removeAll()
    for index in part.start..<part.end { buffer.append(lines.bytes[index]) }
    buffer.append(0)
  }
}
