import CLinux
import DrainCore
import DrainLinux

/// `job PROGRAM ARGS`: in the foreground of its terminal, gives it to the program; when that is
/// stopped takes it back and stops as a job; when continued hands it over again.
func job(_ words: Words, _ environment: Words) throws(Errno) -> Int32 {
  var dispositions = Dispositions()
  let queue = try SignalQueue()
  try dispositions.makeDefault(.chld)
  guard let terminal = Terminal() else {
    say("terminal ", -1)
    return 0
  }
  say("shell's ", Job.isShells ? 1 : 0)
  var spawn = Spawn(
    arguments: words, environment: environment, mask: queue.originalMask,
    dispositions: dispositions)
  if terminal.isOurs { spawn.terminal = terminal.number }
  let pid: Int32
  do { pid = try started(spawn) } catch { throw error.reason }
  say("app in front ", terminal.foregroundGroup == pid ? 1 : 0)
  while true {
    switch Reaper.next() {
    case .noChildren: return 0
    case .nothingNow: usleep(1000)
    case .change(let change):
      switch change.kind {
      case .exited(let code):
        try terminal.takeBack(from: pid)
        return Int32(code)
      case .killed(let signal): return 128 + signal.number
      case .continued, .trapped: break
      case .stopped(let signal):
        try terminal.takeBack(from: pid)
        say("stopping by ", signal.number)
        Job.stop(by: signal)
        if terminal.isOurs { try terminal.give(to: pid) }
        say("going on, app in front ", terminal.foregroundGroup == pid ? 1 : 0)
        Signalling.toGroup(pid, .cont)
      }
    }
  }
}
