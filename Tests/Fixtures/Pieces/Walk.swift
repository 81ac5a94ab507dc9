import CLinux
import DrainCore
import DrainLinux

/// `walk top|all chain|groups|wide|below N`: makes processes, each the last one's child, or all this one's,
/// or all but the first the first one's, in groups of their own. Says how many a walk shows, how many of
/// them more than once, whether it went over all, and the same with the second one's group spared.
func walk(_ words: Words) throws(Errno) -> Int32 {
  try Reaper.becomeSubreaper()
  let ready = try Pipe()
  let isFromTop = isWord(words[0], "top")
  let count = number(words[2])
  if isWord(words[1], "below") {
    makeFamily(count, ready)
  } else if isWord(words[1], "wide") {
    makeChildren(count, ready)
  } else {
    makeChain(count, ready)
  }
  let pids = waitForAll(count, ready)
  say("found ", walkAll(fromTop: isFromTop))
  if isWord(words[1], "groups") {
    var groups = ProgramGroups()
    groups.insert(pids[1])
    let shown = withUnsafePointer(to: groups) { walkAll(sparing: $0, fromTop: isFromTop) }
    say("with one spared ", shown)
  }
  endAll()
  return 0
}

/// `orphan top|all`: of a chain of three the second ends in the middle of a walk.
func orphan(_ words: Words) throws(Errno) -> Int32 {
  try Reaper.becomeSubreaper()
  let ready = try Pipe()
  makeChain(3, ready)
  let pids = waitForAll(3, ready)
  var walk = ProcessWalk(.descendants, fromTop: isWord(words[0], "top"))
  if walk.next() == pids[0] { say("first ", 1) }
  _ = kill(pids[1], SIGKILL)
  while ProcessFiles.stat(pids[2])?.parent != getpid() { usleep(1000) }
  var times: Int32 = 0
  while let pid = walk.next() { if pid == pids[2] { times += 1 } }
  say("orphan ", times)
  endAll()
  return 0
}

/// `named`: a child whose name looks like a line of /proc/PID/stat, and the one below it.
func named() throws(Errno) -> Int32 {
  try Reaper.becomeSubreaper()
  let ready = try Pipe()
  let name: StaticString = "a) S 1 (\n b)"
  _ = linux_prctl(PR_SET_NAME, UInt(bitPattern: name.utf8Start))
  makeChain(2, ready)
  let pids = waitForAll(2, ready)
  for index in 0..<2 {
    let parent = index == 0 ? getpid() : pids[index - 1]
    if ProcessFiles.stat(pids[index])?.parent == parent { say("parent ", Int32(index)) }
  }
  say("found ", walkAll(fromTop: false))
  endAll()
  return 0
}

/// Each the leader of a group, and gone after two minutes, whatever becomes of the test.
private func wait(_ ready: borrowing Pipe) -> Never {
  _ = setpgid(0, 0)
  alarm(120)
  var byte: UInt8 = 1
  withUnsafeBytes(of: &byte) { _ = SystemCall.write(ready.writer.number, $0) }
  while true { pause() }
}

private func makeChildren(_ count: Int32, _ ready: borrowing Pipe) {
  for _ in 0..<count where linux_fork() == 0 { wait(ready) }
}

private func makeFamily(_ count: Int32, _ ready: borrowing Pipe) {
  if linux_fork() != 0 { return }
  makeChildren(count - 1, ready)
  wait(ready)
}

private func makeChain(_ count: Int32, _ ready: borrowing Pipe) {
  for depth in 0..<count where linux_fork() != 0 {
    if depth == 0 { return }
    wait(ready)
  }
  wait(ready)
}

/// Gives them in the order of a walk from the top, once all are there.
private func waitForAll(_ count: Int32, _ ready: borrowing Pipe) -> [Int32] {
  var byte: UInt8 = 0
  for _ in 0..<count {
    withUnsafeMutableBytes(of: &byte) {
      while SystemCall.read(ready.reader.number, into: $0) == .wouldBlock { usleep(1000) }
    }
  }
  var pids: [Int32] = []
  var walk = ProcessWalk(.descendants)
  while let pid = walk.next() { pids.append(pid) }
  return pids
}

private func walkAll(sparing spared: UnsafePointer<ProgramGroups>? = nil, fromTop: Bool) -> Int32 {
  var pids: [Int32] = []
  var twice: Int32 = 0
  var walk = ProcessWalk(.descendants, sparing: spared, fromTop: fromTop)
  while let pid = walk.next() {
    if pids.contains(pid) { twice += 1 } else { pids.append(pid) }
  }
  if !walk.isFromTop { say("over all ", 1) }
  if twice > 0 { say("twice ", twice) }
  return Int32(pids.count)
}

private func endAll() {
  Signalling(app: 0, target: .app).sendToLeftOvers(.kill)
  while Reaper.next() != .noChildren { usleep(1000) }
}
