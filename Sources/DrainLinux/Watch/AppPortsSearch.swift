import CLinux
import DrainCore

// The search among the descriptors of the app's processes, for the sockets that nothing else decides.

extension AppPorts {
  /// Looks for the undecided sockets among the descriptors of the app's processes, reading at most
  /// that many links.
  @inline(never) mutating func searchProcesses(links limit: Int) {
    // In a cgroup that tells nothing is missed but what lies in one below.
    let isBlind = !processes.begin() || processes.hidesSome
    if isBlind && !ownership.cgroupTells { found.way.owner = .newcomers }
    hasUnread = hasUnread || isBlind
    if isBlind && !processes.hidesSome { return }
    var left = limit
    while let pid = processes.next() {
      var isReadable = false
      if let directory = processes.descriptors(of: pid) {
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
        && processes.cgroup(of: pid).unified == ownCgroup.unified
      {
        continue
      }
      if let user = processes.user(of: pid) {
        // Another user's process, or one whose program cannot be read.
        ownership.users.insert(user)
        if found.way.owner != .newcomers { found.way.owner = .users }
      } else if processes.hidesSome && !ownership.cgroupTells {
        found.way.owner = .newcomers
      }
    }
  }

  /// Looks through the descriptors of a process's threads, which are the same for all: those of the first
  /// that may be read. False where there is none.
  @inline(never) mutating func searchThreads(of pid: Int32, links left: inout Int) -> Bool {
    guard let threads = processes.threads(of: pid) else { return false }
    // The main one is the first, and a few may just be ending.
    var tries = 8
    var found = false
    while !found && tries > 0 && ProcFile.entries(threads, into: &entries) > 0 {
      var walk = DirectoryEntries()
      var numbers = InlineArray<8, UInt64>(repeating: 0)
      var count = 0
      while count < tries, let place = walk.next(in: entries.bytes) {
        guard let number = entries.bytes.decimal(place), number != UInt64(pid) else { continue }
        numbers[count] = number
        count &+= 1
      }
      tries &-= max(count, 1)
      for index in 0..<count {
        name.removeAll()
        name.append(decimal: numbers[index])
        name.append("/fd")
        name.append(0)
        guard let directory = ProcFile.open(name, in: threads.number, isDirectory: true) else {
          continue
        }
        let before = left
        if search(directory, links: &left) && left != before {
          found = true
          break
        }
      }
    }
    return found
  }

  /// Looks through one process's descriptors; false where they may not be read.
  ///
  /// With CAP_DAC_OVERRIDE and without CAP_SYS_PTRACE, as root in a container has it, the directory
  /// can be listed and its links cannot be read.
  @inline(never) mutating func search(
    _ directory: borrowing FileDescriptor, links left: inout Int
  ) -> Bool {
    while ProcFile.entries(directory, into: &entries) > 0 {
      var walk = DirectoryEntries()
      while let place = walk.next(in: entries.bytes) {
        // "." and ".." are the only names that are no numbers.
        guard let number = entries.bytes.decimal(place) else { continue }
        left &-= 1
        if left <= 0 { return true }
        name.removeAll()
        name.append(decimal: number)
        name.append(0)
        if ProcFile.link(name, in: directory, into: &link) < 0 {
          if Errno.last.number == EACCES { return false }
        } else if let inode = ProcText.socketInode(link.bytes) {
          candidates.markApps(inode: inode)
        }
      }
    }
    return true
  }
}
