import CLinux
import DrainCore
import DrainLinux

/// `run silent|error MILLISECONDS DIRECTORY PROGRAM ARGS`: a check's program, killed as a group when
/// it takes longer; waits until nobody of it is left.
func run(_ words: Words, _ environment: Words) throws(Errno) -> Int32 {
  try Reaper.becomeSubreaper()
  var dispositions = Dispositions()
  let queue = try SignalQueue()
  try dispositions.makeDefault(.chld)
  let deadline = Clock.now() + .milliseconds(Int64(number(words[1])))
  let run = try ChildRun(
    arguments: words + 3, environment: environment, directory: words[2].map { UnsafePointer($0) },
    streams: isWord(words[0], "silent") ? .silent : .error, mask: queue.originalMask,
    dispositions: dispositions)
  while true {
    switch Reaper.next() {
    case .noChildren: return 0
    case .nothingNow:
      if Clock.now() >= deadline { Signalling.toGroup(run.pid, .kill) }
      usleep(1000)
    case .change(let change):
      guard change.pid == run.pid else { break }
      switch change.kind {
      case .exited(let code): say("exited ", Int32(code))
      case .killed(let signal): say("killed ", signal.number)
      case .stopped, .continued, .trapped: break
      }
    }
  }
}

/// `resolve NAME MILLISECONDS`: the name's addresses, each as its lowest 32 bits; cancelled when it
/// takes longer.
func resolve(_ words: Words) throws(Errno) -> Int32 {
  guard let word = words[0] else { return 2 }
  var name: [UInt8] = []
  for index in 0..<strlen(word) { name.append(UInt8(bitPattern: word[index])) }
  var loop = try EventLoop()
  let resolution = try NameResolution(name)
  try loop.add(resolution.number, EventToken(kind: 1), .reading)
  var deadline: Instant? = Clock.now() + .milliseconds(Int64(number(words[1])))
  while loop.wait(until: deadline) == 0 {
    guard let moment = deadline, Clock.now() >= moment else { continue }
    resolution.cancel()
    say("cancelled ", 0)
    deadline = nil
  }
  guard let list = resolution.take() else { return 1 }
  for index in 0..<list.count {
    say("address ", Int32(truncatingIfNeeded: list[index]?.bits ?? 0))
  }
  say("addresses ", Int32(list.count))
  while true {
    switch Reaper.next() {
    case .noChildren: return 0
    case .nothingNow: usleep(1000)
    case .change: say("reaped ", 1)
    }
  }
}

/// `parent SIG`: asks for the signal at its parent's end and waits for it.
func outlive(_ words: Words) throws(Errno) -> Int32 {
  var queue = try SignalQueue()
  var loop = try EventLoop()
  try loop.add(queue.number, EventToken(kind: 1), .reading)
  say("asked ", ParentDeath.request(Signal(number(words[0]))) ? 1 : 0)
  while true {
    _ = loop.wait(until: nil)
    queue.becomeReadable()
    while let received = queue.next() {
      say("got ", received.signal.number)
      return 0
    }
  }
}
