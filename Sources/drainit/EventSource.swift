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

  init?(_ token: EventToken) { self.init(rawValue: token.kind) }
}

extension EventToken {
  init(_ source: EventSource) { self.init(kind: source.rawValue) }
}
