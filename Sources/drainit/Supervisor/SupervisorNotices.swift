import CLinux
import DrainCore
import DrainLinux

// What the app tells of itself.

extension Supervisor {
  // Datagrams that are read in a row before the loop serves everything else.
  private static var messagesATurn: Int { 16 }

  @inline(never) mutating func takeMessages() {
    for _ in 0..<Supervisor.messagesATurn {
      guard let message = notices.next() else { break }
      take(message, Clock.now())
    }
    remember()
  }

  @inline(never) private mutating func take(_ message: NotifyMessage, _ now: Instant) {
    if let place = message.status,
      log.context.note(status: place, of: notices.datagram)
    {
      log.write(.notified(.status), lifecycle.state)
    }
    if let news = readiness.world.notices.take(message, at: now) {
      log.write(.notified(news), lifecycle.state)
    }
    let due = readiness.world.notices.watchdogDue
    if due != lifecycle.state.watchdogDue { handle(.watchdog(due: due), now) }
    if let time = message.moreTime { handle(.extend(time), now) }
  }

  @inline(never) mutating func takeLine() {
    if notices.readLine(sources.loop) { readiness.world.notices.hasWritten = true }
    remember()
  }

  @inline(never) mutating func missWatchdog() {
    let period = readiness.world.notices.watchdogPeriod
    readiness.world.notices.missWatchdog()
    log.write(.notified(.missed(period)), lifecycle.state)
  }
}
