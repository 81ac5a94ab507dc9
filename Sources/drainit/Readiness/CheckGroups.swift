import DrainCore
import DrainLinux

/// Every group of checks that drainit has, one a role: whatever concerns all of them is a loop here, and a
/// role that is added is in each.
struct CheckGroups: ~Copyable {
  // On the heap, and for good: values of this size would be copied over the stack.
  private let groups: UnsafeMutablePointer<CheckGroup>
  // Those that have checks, a bit a role: no turn of the loop pays for the others.
  private var used: UInt8 = 0

  /// - Parameter isBare: whether there are no checks, as after too many faults and with `--plain`; with
  ///   `--hold` there are those of `--until` alone.
  init(
    _ options: Options, _ command: Command, isBare: Bool, memory: GateMemory
  ) throws(StartError) {
    groups = UnsafeMutablePointer<CheckGroup>.allocate(capacity: Int(CheckRole.count))
    for number in 0..<CheckRole.count {
      guard let role = CheckRole(rawValue: number) else { continue }
      let checks = try CheckGroups.checks(role, options, command, isBare)
      if checks.count > 0 { used |= 1 << number }
      (groups + Int(number)).initialize(to: CheckGroup(checks, options, role, memory: memory))
    }
  }

  /// The group of that role.
  subscript(role: CheckRole) -> UnsafeMutablePointer<CheckGroup> { groups + Int(role.rawValue) }

  private static func checks(
    _ role: CheckRole, _ options: Options, _ command: Command, _ isBare: Bool
  ) throws(StartError) -> [Check] {
    let holds = options.mode == .hold
    switch role {
    case .readyHook, .drainHook, .exitHook:
      guard let moment = role.moment, !options.isPlain else { return [] }
      return try hooks(moment, options, command)
    case .ready:
      if isBare || holds { return [] }
      return options.gateChecks
    case .live: return isBare || holds ? [] : options.live
    case .startAfter: return options.startAfter
    case .until: return isBare ? [] : Window.checks(options)
    }
  }

  private static func hooks(
    _ moment: HookMoment, _ options: Options, _ command: Command
  ) throws(StartError) -> [Check] {
    do throws(OptionError) {
      return try options.hookChecks(moment) { command.environment.value(of: $0) }
    } catch {
      throw StartError.hook(error)
    }
  }

  /// When one of them has something to do without an event.
  var nextDeadline: Instant {
    // Asked in every turn: in place, since a getter would be handed a copy.
    @inline(never) mutating get {
      var next = Instant.never
      var rest = used
      while rest != 0 {
        next = min(next, groups[rest.trailingZeroBitCount].nextDeadline)
        rest &= rest &- 1
      }
      return next
    }
  }

  /// Whether a connection from there was made by one of them: drainit's own never count.
  func isOwnConnection(_ address: IPAddress, port: UInt16) -> Bool {
    for number in 0..<Int(CheckRole.count)
    where groups[number].isOwnConnection(address, port: port) {
      return true
    }
    return false
  }

  /// Tells which descriptors are theirs.
  func insert(into own: inout OwnDescriptors) {
    for number in 0..<Int(CheckRole.count) { groups[number].insert(into: &own) }
  }
}
