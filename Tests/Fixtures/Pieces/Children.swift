import CLinux
import DrainCore
import DrainLinux

/// `spawn [group|session|parent] [death=SIG] [closed] [ignoring=SIG] PROGRAM ARGS`: starts the
/// program as drainit starts its app, and says how it went and how it ended.
func spawn(_ words: Words, _ environment: Words) throws(Errno) -> Int32 {
  var words = words
  var dispositions = Dispositions()
  let queue = try SignalQueue()
  let faults = try FaultSignals(replacing: &dispositions)
  try dispositions.makeDefault(.chld)
  let loop = try EventLoop()
  var spawn = Spawn(
    arguments: words, environment: environment, mask: queue.originalMask,
    dispositions: dispositions)
  var closes = false
  var moves = false
  while let word = words[0] {
    if isWord(word, "session") {
      spawn.placement = .session
    } else if isWord(word, "parent") {
      spawn.placement = .parentGroup
    } else if strncmp(word, "death=", 6) == 0 {
      spawn.parentDeathSignal = Signal(number(word + 6))
    } else if isWord(word, "closed") {
      closes = true
    } else if isWord(word, "moved") {
      moves = true
    } else {
      break
    }
    words += 1
  }
  spawn.arguments = words
  do {
    _ = try started(spawn)
  } catch {
    say("failed ", error.reason.number)
    say("code ", Int32(error.exitCode))
    return 0
  }
  if moves {
    let directory = StartDirectory()
    var line = ByteBuffer(capacity: 4200)
    line.append("was in ")
    if let path = directory.path {
      var index = 0
      while path[index] != 0 {
        line.append(UInt8(bitPattern: path[index]))
        index += 1
      }
    }
    line.append("\n")
    line.withBytes { _ = SystemCall.write(1, $0) }
  }
  if closes {
    let own: [Int32] = [1, 2, queue.number, faults.number, faults.handlerNumber, loop.number]
    InheritedDescriptors.close(keeping: own.span)
    var open: Int32 = 0
    for number in 0..<Int32(200) where SystemCall.isOpen(number) { open += 1 }
    say("open ", open)
  }
  return reapUntilNoneIsLeft()
}

/// Starts a program and waits until it is executed.
func started(_ spawn: Spawn) throws(SpawnFailure) -> Int32 {
  let watch = try spawn.begin()
  let pid = watch.pid
  let outcome = watch.outcome(within: 60_000)
  watch.end(after: outcome)
  if case .failed(let failure) = outcome { throw failure }
  return pid
}

/// Waits for every child and says how each ended.
func reapUntilNoneIsLeft() -> Int32 {
  while true {
    switch Reaper.next() {
    case .noChildren: return 0
    case .nothingNow: usleep(1000)
    case .change(let change):
      switch change.kind {
      case .exited(let code): say("exited ", Int32(code))
      case .killed(let signal): say("killed ", signal.number)
      case .stopped(let signal):
        say("stopped ", signal.number)
        _ = kill(change.pid, SIGCONT)
      case .continued: say("continued ", 0)
      case .trapped: try? Reaper.letGo(change.pid)
      }
    }
  }
}

/// `reap N`: N children end, N grandchildren are orphaned; all are reaped in turns.
func reap(_ words: Words) throws(Errno) -> Int32 {
  try Reaper.becomeSubreaper()
  let wanted = number(words[0])
  for _ in 0..<wanted where linux_fork() == 0 {
    if linux_fork() == 0 { usleep(20_000) }
    _exit(0)
  }
  var reaped: Int32 = 0
  while true {
    switch Reaper.next() {
    case .noChildren:
      say("reaped ", reaped)
      return 0
    case .nothingNow: usleep(1000)
    case .change: reaped += 1
    }
  }
}

/// `peek`: looks at a child that has ended, twice, and then reaps it.
func peek() -> Int32 {
  let child = linux_fork()
  if child == 0 { _exit(7) }
  while Reaper.peek(child) == nil { usleep(1000) }
  if case .exited(let code)? = Reaper.peek(child)?.kind { say("peeked ", Int32(code)) }
  return reapUntilNoneIsLeft()
}

/// `send app|group|all SIG VALUE COUNT PROGRAM ARGS`: starts the program as the leader of a group,
/// waits until it and its children have closed descriptor 9, sends the signal, waits until COUNT of
/// them have ended with 5, says who is left, kills the rest, and tries once more.
func send(_ words: Words, _ environment: Words) throws(Errno) -> Int32 {
  try Reaper.becomeSubreaper()
  let target: SignalTarget =
    isWord(words[0], "app") ? .app : isWord(words[0], "group") ? .group : .all
  var dispositions = Dispositions()
  let queue = try SignalQueue()
  try dispositions.makeDefault(.chld)
  var ends: (Int32, Int32) = (0, 0)
  _ = withUnsafeMutableBytes(of: &ends) { pipe($0.assumingMemoryBound(to: Int32.self).baseAddress) }
  _ = dup2(ends.1, 9)
  _ = close(ends.1)
  let spawn = Spawn(
    arguments: words + 4, environment: environment, mask: queue.originalMask,
    dispositions: dispositions)
  let pid: Int32
  do { pid = try started(spawn) } catch { throw error.reason }
  _ = close(9)
  withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) {
    while case .bytes = SystemCall.read(ends.0, into: $0) {}
  }
  let signal = Signal(number(words[1]))
  let value = number(words[2])
  let received = ReceivedSignal(
    signal: signal,
    code: value == 0 ? ReceivedSignal.sentByKill : ReceivedSignal.sentByQueue, senderPID: 1,
    value: UInt64(UInt32(bitPattern: value)) << 8)
  let signalling = Signalling(app: pid, target: target)
  show(signalling.forward(received, as: signal))
  var missing = number(words[3])
  while missing > 0 {
    if case .change(let change) = Reaper.next() {
      if change.kind == .exited(5) { missing -= 1 }
    } else {
      usleep(1000)
    }
  }
  let left = LeftOvers()
  for index in 0..<left.namedCount {
    guard let stat = left[index] else { continue }
    var line = ByteBuffer(capacity: 100)
    line.append("left ")
    line.append(stat.name.bytes)
    line.append(" ")
    line.append(stat.state)
    line.append("\n")
    line.withBytes { _ = SystemCall.write(1, $0) }
  }
  signalling.sendToLeftOvers(.kill)
  while Reaper.next() != .noChildren { usleep(1000) }
  show(signalling.forward(received, as: signal))
  return 0
}

private func show(_ delivery: Delivery) {
  switch delivery {
  case .sent: say("sent ", 0)
  case .nobody: say("nobody ", 0)
  case .refused(let error): say("refused ", error.number)
  case .refusedInPart(let error): say("refused in part ", error.number)
  }
}
