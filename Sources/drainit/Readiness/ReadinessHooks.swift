import DrainCore
import DrainLinux

// Hooks: checks that are asked once, at their moment.

extension Readiness {
  /// Starts a moment's hooks, all at once.
  @inline(never) mutating func runHooks(
    _ moment: HookMoment, _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    let role = CheckRole(moment)
    for event in 0..<2 {
      settle(
        groups[role].pointee.handle(event == 0 ? .started : .asked, &world, loop, now), role, facts,
        loop, now, &news)
    }
    return news
  }

  /// Gives up the hooks whose time is over by then.
  @inline(never) mutating func expireHooks(
    _ facts: EndpointFacts, _ loop: borrowing EventLoop, _ now: Instant
  ) -> ReadinessNews {
    var news = ReadinessNews()
    for number in 0..<UInt8(HookMoment.count) {
      guard let role = HookMoment(rawValue: number).map({ CheckRole($0) }) else { continue }
      settle(groups[role].pointee.expire(&world, loop, now), role, facts, loop, now, &news)
    }
    return news
  }
}
