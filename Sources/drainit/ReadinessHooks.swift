import DrainCore
import DrainLinux

// Hooks: checks that are asked once, at their moment.

extension Readiness {
  /// Starts a moment's hooks, all at once.
  @inline(never) mutating func runHooks(
    _ moment: HookMoment, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    if moment == .drain && hooks[0].gate.checks.isRunning {
      owesDrainHooks = true
    } else {
      start(Int(moment.rawValue), loop, now, &news)
    }
    return news
  }

  /// Takes what a turn of a moment's hooks came to.
  @inline(never) mutating func note(
    _ moment: Int, _ group: GroupNews, _ news: inout ReadinessNews
  ) {
    if group.answer { news.endedHooks |= 1 << UInt8(truncatingIfNeeded: moment) }
  }

  /// Gives up the hooks whose time is over by then.
  @inline(never) mutating func expireHooks(_ loop: borrowing EventLoop, _ now: Instant)
    -> ReadinessNews
  {
    var news = ReadinessNews()
    for moment in 0..<3 { note(moment, hooks[moment].expire(&world, loop, now), &news) }
    return news
  }

  /// Starts the drain's hooks where they had to wait until now.
  mutating func runOwedHooks(_ loop: borrowing EventLoop, _ now: Instant) -> ReadinessNews {
    var news = ReadinessNews()
    if owesDrainHooks {
      owesDrainHooks = false
      start(1, loop, now, &news)
    }
    return news
  }

  @inline(never) private mutating func start(
    _ moment: Int, _ loop: borrowing EventLoop, _ now: Instant, _ news: inout ReadinessNews
  ) {
    note(moment, hooks[moment].handle(.started, &world, loop, now), &news)
    note(moment, hooks[moment].handle(.asked, &world, loop, now), &news)
  }
}

extension CheckGroup {
  /// The hooks of a moment, by its number.
  @inline(never) init(
    hooks moment: Int, _ options: Options, _ command: Command
  ) throws(StartError) {
    var checks: [Check] = []
    if !options.isPlain {
      do throws(OptionError) {
        checks = try options.hookChecks(moment) { command.environment.value(of: $0) }
      } catch {
        throw StartError.hook(error)
      }
    }
    // It has no gate to open: it runs when it is asked.
    var open = GateMemory()
    open.isOpen = true
    self.init(checks, options, EventSource(hooks: moment), memory: open)
  }
}
