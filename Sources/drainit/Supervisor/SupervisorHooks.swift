import DrainCore
import DrainLinux

// Hooks: started when the lifecycle says so, and told to it when they have ended.

extension Supervisor {
  mutating func runHooks(_ moment: HookMoment) {
    attend(readiness.runHooks(moment, facts, sources.loop, Clock.now()))
  }

  /// Says what became of them, moment by moment.
  @inline(never) mutating func endHooks(_ ended: UInt8) {
    for number in 0..<UInt8(HookMoment.count) where ended & 1 << number != 0 {
      guard let moment = HookMoment(rawValue: number) else { continue }
      let count = options.hooks[moment].count
      for hook in 0..<count {
        let outcome = readiness.groups[CheckRole(moment)].pointee.outcome(of: hook)
        log.write(.hookEnded(moment, hook: hook, outcome), lifecycle.state)
      }
      handle(.hooksEnded(moment), Clock.now())
    }
  }
}
