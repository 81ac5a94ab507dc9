import CLinux
import DrainCore

// The search among the descriptors of the app's processes, for the sockets that nothing else decides.

extension AppPorts {
  /// Looks for the undecided sockets among the descriptors of the app's processes, reading at most
  /// that many links.
  @inline(never) mutating func searchProcesses(links limit: Int) {
    // In a cgroup that tells nothing is missed but what lies in one below.
    var walk = ProcessWalk(scope)
    var hidesSome = walk.hidesFirst()
    let isBlind = !walk.isPossible || hidesSome
    if isBlind && !ownership.cgroupTells { found.way.owner = .newcomers }
    hasUnread = hasUnread || isBlind
    if !walk.isPossible { return }
    var left = limit
    while let pid = walk.next() {
      var isReadable = false
      // Not where it may not be read (EACCES) or the process is gone.
      if let directory = ProcFile.open(pid, "/fd", isDirectory: true) {
        let before = left
        isReadable = search(directory, links: &left)
        // Of a process whose main thread has ended: the others have them.
        if isReadable && left == before { isReadable = searchThreads(of: pid, links: &left) }
        if left <= 0 { found.isPartial = true }
        if left <= 0 || candidates.undecided == 0 { return }
      }
      if !isReadable { isReadable = searchThreads(of: pid, links: &left) }
      if left <= 0 {
        found.isPartial = true
        return
      }
      if isReadable { continue }
      hasUnread = true
      // In a cgroup below ours its sockets have another's number.
      if ownership.cgroupTells
        && ProcessFiles.cgroup(pid).unified == ownCgroup.unified
      {
        continue
      }
      if let user = ProcessFiles.user(pid) {
        // Another user's process, or one whose program cannot be read.
        ownership.users.insert(user)
        if found.way.owner != .newcomers { found.way.owner = .users }
      } else {
        hidesSome = hidesSome || ProcessFiles.isHidden(pid)
        if hidesSome && !ownership.cgroupTells { found.way.owner = .newcomers }
      }
    }
  }

  /// Looks through the descriptors of a process's threads, which are the same for all: those of the first
  /// that may be read. False where there is none.
  ///
  /// After the main one has ended /proc/PID/fd is empty, and root's.
  @inline(never) mutating func searchThreads(of pid: Int32, links left: inout Int) -> Bool {
    guard let threads = ProcFile.open(pid, "/task", isDirectory: true) else { return false }
    var numbers = DirectoryNumbers()
    // The main one is the first, and a few may just be ending.
    for _ in 0...8 {
      guard let thread = numbers.next(in: threads) else { break }
      guard thread != pid,
        let directory = ProcFile.open(thread, "/fd", in: threads.number, isDirectory: true)
      else { continue }
      let before = left
      if search(directory, links: &left) && left != before { return true }
    }
    return false
  }

  /// Looks through one process's descriptors; false where they may not be read.
  ///
  /// With CAP_DAC_OVERRIDE and without CAP_SYS_PTRACE, as root in a container has it, the directory
  /// can be listed and its links cannot be read.
  @inline(never) mutating func search(
    _ directory: borrowing FileDescriptor, links left: inout Int
  ) -> Bool {
    var numbers = DirectoryNumbers()
    while let number = numbers.next(in: directory) {
      left &-= 1
      if left <= 0 { return true }
      name.removeAll()
      name.append(decimal: Int64(number))
      name.append(0)
      if ProcFile.link(name, in: directory, into: &link) < 0 {
        if Errno.last.number == EACCES { return false }
      } else if let inode = ProcText.socketInode(link.bytes) {
        candidates.markApps(inode: inode)
      }
    }
    return true
  }
}
