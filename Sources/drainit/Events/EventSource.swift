import DrainLinux

/// Who an event of the loop is for.
enum EventSource {
  case signals
  case faults
  case start
  case endpoint
  case traffic
  case notify
  case notice
  case checks(CheckRole)

  // The numbers of groups of checks begin here.
  private static var firstGroup: UInt8 { 16 }

  init?(_ token: EventToken) {
    switch token.kind {
    case 1: self = .signals
    case 2: self = .faults
    case 3: self = .endpoint
    case 4: self = .traffic
    case 5: self = .notify
    case 6: self = .notice
    case 7: self = .start
    default:
      guard token.kind >= EventSource.firstGroup,
        let role = CheckRole(rawValue: token.kind &- EventSource.firstGroup)
      else { return nil }
      self = .checks(role)
    }
  }

  /// Its number in a token.
  var kind: UInt8 {
    switch self {
    case .signals: 1
    case .faults: 2
    case .endpoint: 3
    case .traffic: 4
    case .notify: 5
    case .notice: 6
    case .start: 7
    case .checks(let role): EventSource.firstGroup &+ role.rawValue
    }
  }
}

extension EventToken {
  init(_ source: EventSource) { self.init(kind: source.kind) }
}
