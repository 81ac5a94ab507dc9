import CLinux
import DrainCore
import TestHarness
import Testing

@testable import DrainLinux
@testable import drainit

/// One group of checks with its loop and its children, as the readiness side drives it. To be made aside, where
/// there are children.
final class GroupBench: Turning {
  var loop: EventLoop
  var world: CheckWorld
  /// It stays for good, as drainit's do.
  let group: UnsafeMutablePointer<CheckGroup>
  private(set) var opened = 0
  private(set) var answers = 0
  /// The children that were there.
  private(set) var children: [Int32] = []

  init(_ words: [String], _ role: CheckRole = .live, in directory: Folder? = nil) throws {
    let options = try options(words + ["--", "app"])
    let command = command([], ["PATH=/usr/bin:/bin"])
    let groups = try CheckGroups(options, command, isBare: false, memory: GateMemory())
    group = groups[role]
    loop = try EventLoop()
    var ports = PortSet()
    for port in options.ports { ports.insert(port) }
    // The directory's name stays for good, as drainit's does.
    world = CheckWorld(
      ports: AppPorts(given: ports),
      settings: ChildSettings(
        environment: command.environmentPointers,
        directory: directory.flatMap { strdup($0.path).map { UnsafePointer($0) } },
        mask: SignalSet(), dispositions: Dispositions()))
    tell(.started)
  }

  /// Asks, at a later moment, and gives what the first check came to; `neverRan` where nothing comes within 20 s.
  func ask(after time: Interval = .zero) -> CheckOutcome {
    let before = answers
    tell(.asked, after: time)
    run { answers > before }
    return answers > before ? group.pointee.outcome(of: 0) : .neverRan
  }

  func tell(_ event: GateEvent, after time: Interval = .zero) {
    note(group.pointee.handle(event, &world, loop, Clock.now() + time))
  }

  private func note(_ news: GroupNews) {
    if news.hasOpened { opened += 1 }
    if news.answer { answers += 1 }
    for index in 0..<ProgramGroups.capacity {
      let child = world.programs.pointee[index]
      if child > 0 && !children.contains(child) { children.append(child) }
    }
  }

  func turn() {
    let count = loop.wait(until: Clock.now() + .milliseconds(2))
    for index in 0..<count { note(group.pointee.take(loop[index], &world, loop, Clock.now())) }
    for child in children {
      if case .change(let change) = Reaper.next(child) {
        note(group.pointee.take(change, &world, loop, Clock.now()))
      }
    }
    if group.pointee.nextDeadline <= Clock.now() {
      note(group.pointee.expire(&world, loop, Clock.now()))
    }
  }

  var allHold: Bool { group.pointee.allHold }

  func outcome(of check: Int) -> CheckOutcome { group.pointee.outcome(of: check) }

  /// How many descriptors are the group's own.
  var ownDescriptors: Int {
    var own = OwnDescriptors()
    group.pointee.insert(into: &own)
    return own.count
  }

  deinit {
    for child in children {
      // Of one that has ended nothing may be left: that is the group's to see to.
      if world.programs.pointee.contains(child) { _ = kill(-child, SIGKILL) }
      var tries = 0
      while tries < 1_000 && waitpid(child, nil, WNOHANG) == 0 {
        usleep(1000)
        tries += 1
      }
    }
    world.programs.deallocate()
  }
}
