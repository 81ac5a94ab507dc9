import Foundation
import Testing

/// drainit's part of job control, under a shell that this test plays: the leader of a session with a
/// terminal, which starts a job in a group of its own, as sh -m does.
@Suite struct JobTests {
  /// Python is the shell; it prints what the job prints and what the shell sees of it.
  private static let shell = """
    import os, pty, sys, signal as s, time, termios
    main, side = pty.openpty()
    shell = os.fork()
    if shell == 0:
      os.setsid()
      import fcntl
      fcntl.ioctl(side, termios.TIOCSCTTY, 0)
      for number in (s.SIGTTOU, s.SIGTTIN, s.SIGTSTP): s.signal(number, s.SIG_IGN)
      say = os.dup(1)
      def tell(text): os.write(say, (text + "\\n").encode())
      foreground = sys.argv[1] == "foreground"
      job = os.fork()
      if job == 0:
        os.setpgid(0, 0)
        if foreground: os.tcsetpgrp(side, os.getpid())
        for number in (s.SIGTTOU, s.SIGTTIN, s.SIGTSTP): s.signal(number, s.SIG_DFL)
        os.dup2(side, 0)
        os.execv(sys.argv[2], sys.argv[2:])
      try: os.setpgid(job, job)
      except OSError: pass
      def front(): return {job: "job", os.getpgrp(): "shell"}.get(os.tcgetpgrp(side), "app")
      while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status): break
        tell(f"shell sees stop by {os.WSTOPSIG(status)}, in front: {front()}")
        os.tcsetpgrp(side, job)
        os.kill(-job, s.SIGCONT)
      tell(f"shell sees end {os.waitstatus_to_exitcode(status)}, in front: {front()}")
      os._exit(0)
    os.close(side)
    keys = dict(z=b"\\x1a", c=b"\\x03")
    import select
    while True:
      ready, _, _ = select.select([main], [], [], 20)
      if main in ready:
        try: data = os.read(main, 1000)
        except OSError: break
        # The app asks for a key by printing it on the terminal.
        for word in data.decode().split():
          if word in keys: os.write(main, keys[word])
          if word == "text": os.write(main, b"typed\\n")
      elif not ready: break
    if not ready: os.kill(shell, s.SIGKILL)
    os.waitpid(shell, 0)
    """

  private func run(_ place: String, _ app: String) throws -> [String] {
    // A terminal's driver may take its time on a busy machine: a story that stands still is ended, so
    // that the test fails instead of waiting for ever.
    let piece = try Piece(
      command: [
        "timeout", "-k", "1", "60", "python3", "-c", Self.shell, place, Piece.program, "job", "sh",
        "-c", app,
      ])
    return piece.lines()
  }

  @Test func controlZStopsTheAppAndThenTheJobAndFgGoesOn() throws {
    // The shell alone, and no program of its: a Ctrl-Z between a shell's vfork and exec stops the child,
    // and the shell waits for it without being stopped itself.
    let lines = try run(
      "foreground",
      "echo z >/dev/tty; i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; echo app again; exit 3"
    )
    #expect(
      lines == [
        "shell's 1", "app in front 1", "stopping by 20", "shell sees stop by 20, in front: job",
        "going on, app in front 1", "app again", "shell sees end 3, in front: job",
      ])
  }

  @Test func controlCReachesTheAppAlone() throws {
    let lines = try run(
      "foreground",
      "trap 'echo app got INT; exit 5' INT; echo c >/dev/tty; while :; do :; done")
    // Two processes write: whose line is first is the scheduler's.
    #expect(
      lines.sorted() == [
        "app got INT", "app in front 1", "shell sees end 5, in front: job", "shell's 1",
      ])
  }

  // It is stopped by SIGTTIN, once, and reads when the shell has put the job into the foreground.
  @Test func aBackgroundAppThatReadsTheTerminalStopsUntilFg() throws {
    let lines = try run("background", "echo text >/dev/tty; read word; echo app read $word")
    #expect(
      lines == [
        "shell's 1", "app in front 0", "stopping by 21", "shell sees stop by 21, in front: shell",
        "going on, app in front 1", "app read typed", "shell sees end 0, in front: job",
      ])
  }

  @Test func withoutAShellNobodyCouldContinueUs() throws {
    let piece = try Piece(
      command: [
        "script", "-qec", "\(Piece.program) job sh -c 'kill -TSTP $$; echo again'", "/dev/null",
      ])
    #expect(
      piece.lines().map { $0.trimmingCharacters(in: .newlines) } == [
        "shell's 0", "app in front 1", "stopping by 20", "going on, app in front 1", "again",
      ])
  }

  @Test func withoutATerminalThereIsNothingToDo() throws {
    let piece = try Piece(["job", "true"], prefix: ["setsid", "-w"])
    #expect(piece.lines() == ["terminal -1"])
  }
}
