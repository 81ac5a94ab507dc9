import DrainLinux

/// Who an event of the loop is for.
enum EventSource: UInt8 {
  case signals = 1
  case faults
  case endpoint
  case readyCheck
  case liveCheck
  case startCheck
  case untilCheck
  case traffic
  // In the order of `HookMoment`.
  case readyHook
  case drainHook
  case exitHook
  case notify
  case notice

  init?(_ token: EventToken) { self.init(rawValue: token.kind) }

  /// That of the hooks of a moment, by its number.
  init(hooks moment: Int) {
    self = moment == 0 ? .readyHook : moment == 1 ? .drainHook : .exitHook
  }

  /// The number of the moment whose hooks it is.
  var hooks: Int { Int(rawValue &- EventSource.readyHook.rawValue) }
}

extension EventToken {
  init(_ source: EventSource) { self.init(kind: source.rawValue) }
}
