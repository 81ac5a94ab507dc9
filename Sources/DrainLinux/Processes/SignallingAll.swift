import CLinux
import DrainCore

// Everybody but drainit, and but the hooks and checks that it runs itself: kill(-1) can leave nobody out, so
// where one runs the processes are signalled one by one.

extension Signalling {
  // More are made while SIGKILL goes round only by what forks as fast as it is killed.
  private static var passes: Int { 8 }

  /// Sends a signal to every process but drainit and its own programs: as PID 1 of the namespace, else of
  /// those that descend from drainit.
  @inline(never) func sendToEverybody(_ signal: Signal) -> Delivery {
    let isAlone = spared?.pointee.isEmpty ?? true
    // One step for all (kill(2)); also where there is no telling who is who.
    guard getpid() != 1 || !isAlone && ProcessFiles.areOurs else {
      return Signalling.kill(-1, signal)
    }
    return toEach(again: signal == .kill) { Signalling.kill($0, signal) }
  }

  /// Sends what the app left behind a signal: SIGTERM instead, unless they catch it.
  ///
  /// To a helper SIGQUIT is a dump; what catches SIGURG and SIGSTKFLT, too, catches everything.
  @inline(never) @discardableResult public func sendToLeftOvers(_ signal: Signal) -> Delivery {
    let isFirst = getpid() == 1
    if isFirst && !ProcessFiles.areOurs {
      return Signalling.kill(-1, signal == .kill || signal == .none ? signal : .term)
    }
    return toEach(again: signal == .kill) { pid in
      if signal == .none || signal == .term || signal == .kill {
        return Signalling.kill(pid, signal)
      }
      let caught = ProcessFiles.signals(pid, .caught) ?? SignalSet()
      let isMeant =
        caught.contains(signal) && !(caught.contains(.urg) && caught.contains(.stkflt))
      return Signalling.kill(pid, isMeant ? signal : .term)
    }
  }

  /// Calls `send` for each: found first and signalled then, in batches, so that what a handler starts in
  /// answer is not meant. `again`: until no new ones are found, a bounded number of times.
  @inline(never) func toEach(
    inGroup group: Int32? = nil, again: Bool = false, _ send: (Int32) -> Delivery
  ) -> Delivery {
    var whole = Delivery.nobody
    var left = again ? Signalling.passes : 1
    var found = 0
    repeat {
      left &-= 1
      found = 0
      var batch = InlineArray<256, Int32>(repeating: 0)
      var count = 0
      var walk = ProcessWalk(getpid() == 1 ? .everybody : .descendants, sparing: spared)
      while let pid = walk.next() {
        if let group, getpgid(pid) != group { continue }
        if ProcessFiles.stat(pid)?.hasEnded ?? !ProcessFiles.isHidden(pid) { continue }
        batch[count] = pid
        count &+= 1
        found &+= 1
        if count == 256 {
          for index in 0..<count { whole.add(send(batch[index])) }
          count = 0
        }
      }
      for index in 0..<count { whole.add(send(batch[index])) }
    } while found > 0 && left > 0
    return whole
  }
}

extension Delivery {
  /// Of several: sent where all were, refused where none was.
  @inline(never) mutating func add(_ other: Delivery) {
    switch (self, other) {
    case (_, .nobody): break
    case (.nobody, _): self = other
    case (.sent, .refused(let reason)), (.refused(let reason), .sent):
      self = .refusedInPart(reason)
    default: break
    }
  }
}
