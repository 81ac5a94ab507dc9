import DrainCore

/// What a group of checks is there for.
enum CheckRole: UInt8 {
  // The hooks of a moment are checks that are asked once, in the order of `HookMoment`.
  case readyHook
  case drainHook
  case exitHook
  /// `--ready`.
  case ready
  /// `--live`.
  case live
  /// `--start-after`.
  case startAfter
  /// The checks among `--until`.
  case until

  /// How many there are.
  static var count: UInt8 { 7 }

  /// That of the hooks of a moment.
  init(_ moment: HookMoment) {
    switch moment {
    case .ready: self = .readyHook
    case .drain: self = .drainHook
    case .exit: self = .exitHook
    }
  }

  /// The moment whose hooks it is; nil for checks.
  var moment: HookMoment? {
    switch self {
    case .readyHook: .ready
    case .drainHook: .drain
    case .exitHook: .exit
    case .ready, .live, .startAfter, .until: nil
    }
  }
}
