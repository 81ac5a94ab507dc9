extension Mode {
  /// The option that asks for it, nil for `run`.
  var option: StaticString? {
    switch self {
    case .run: nil
    case .help, .helpAll: "--help"
    case .version: "--version"
    case .license: "--license"
    case .plan: "--plan"
    case .lint: "--lint"
    case .probe: "--probe"
    case .install: "--install"
    case .hold: "--hold"
    }
  }

  /// Whether what is printed depends on nothing else, neither option nor variable.
  var isText: Bool {
    switch self {
    case .help, .helpAll, .version, .license: true
    case .run, .plan, .lint, .probe, .install, .hold: false
    }
  }

  /// Whether a command is needed; nil where it may be there and is not run.
  var needsCommand: Bool? {
    switch self {
    case .run: true
    case .plan: nil
    case .help, .helpAll, .version, .license, .lint, .probe, .install, .hold: false
    }
  }
}

extension Options {
  /// Makes drainit something else than what runs an app; it is one thing at a time.
  mutating func become(_ mode: Mode) throws(ValueProblem) {
    if self.mode != .run && self.mode != mode {
      throw .refused("only one of --plan, --lint, --probe, --install and --hold")
    }
    self.mode = mode
  }
}

extension Check {
  /// Reads what `--probe` asks: a check that is made over a connection.
  static func probe(_ text: Span<UInt8>) throws(ValueProblem) -> Check {
    let check: Check
    do {
      check = try Check(parsing: text)
    } catch {
      if case .expected = error { throw notProbed }
      throw error
    }
    switch check.kind {
    case .tcp, .http, .grpc, .unix: return check
    case .listening, .send, .exec, .file, .absent, .notify, .descriptor, .none:
      throw notProbed
    }
  }

  private static var notProbed: ValueProblem {
    .expected("http://HOST[:PORT]/PATH, tcp:[HOST:]PORT, grpc:[HOST:]PORT[/SERVICE] or unix:PATH")
  }
}
