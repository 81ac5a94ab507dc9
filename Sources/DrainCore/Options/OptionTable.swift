extension OptionRow {
  /// Every option, in the order of help. A new option is a row here.
  static let all: [OptionRow] = [
    OptionRow(
      .window, "drain", .one("MIN..MAX"), isCommon: true,
      "after the drain signal, keep serving this long"
    ) { options, text throws(ValueProblem) in
      options.drain = try DrainRange(parsing: text)
    },
    OptionRow(
      .window, "drain-signal", .several("SIG"), isCommon: true,
      "the platform's signal to stop; default TERM"
    ) { options, text throws(ValueProblem) in
      options.drainSignals.append(try .drainSignal(text))
    },
    OptionRow(
      .window, "stop-signal", .one("SIG"), isCommon: true,
      "what the app is then sent; default: the one that came"
    ) { options, text throws(ValueProblem) in
      options.stopSignal = try .stopSignal(text)
    },
    OptionRow(
      .window, "stop-timeout", .one("DUR"), isCommon: true,
      "then SIGKILL after this; default: what grace leaves"
    ) { options, text throws(ValueProblem) in
      options.stopTimeout = try Interval(parsing: text)
    },
    OptionRow(
      .window, "grace", .one("DUR"), isCommon: true,
      "the platform's own deadline, in which all must fit"
    ) { options, text throws(ValueProblem) in
      options.grace = try Interval(parsing: text)
    },
    OptionRow(
      .window, "port", .several("PORT"), isCommon: true,
      "the app's port or UNIX socket's path; default: all"
    ) { options, text throws(ValueProblem) in
      try options.addPort(text)
    },
    OptionRow(
      .window, "until", .several("WHAT"), secrecy: .firstWord,
      "quiet[:DUR] (default), closed, probed:N, or a CHECK"
    ) { options, text throws(ValueProblem) in
      let condition = try UntilCondition(parsing: text)
      if case .check(let check) = condition { _ = try options.noted(check) }
      options.until.append(condition)
    },
    OptionRow(
      .window, "ignore", .several("CIDR"), "peers whose connections do not count"
    ) { options, text throws(ValueProblem) in
      options.ignored.append(try IPNetwork(parsing: text))
    },
    OptionRow(
      .window, "unready-after", .one("DUR|end"), "how long /readyz stays 200, for all"
    ) { options, text throws(ValueProblem) in
      options.unreadyAfter =
        isEqual(text, "end")
        ? .longest : try .orWord(text, "end, or a duration such as 10s", "end")
    },
    OptionRow(
      .window, "drain-notice", .one("SIG"), "what the app is sent when the window begins"
    ) { options, text throws(ValueProblem) in
      options.drainNotice = try .catchable(text)
    },

    OptionRow(
      .process, "signal-to", .one("WHO"),
      "app (the default), its group, or all processes"
    ) { options, text throws(ValueProblem) in
      options.signalTo = try SignalTarget(parsing: text)
    },
    OptionRow(
      .process, "exit-map", .several("FROM:TO"), isCommon: true,
      "exit with code TO where the app's is FROM"
    ) { options, text throws(ValueProblem) in
      options.exitMap.append(try ExitRewrite(parsing: text))
    },
    OptionRow(
      .process, "rewrite", letter: UInt8(ascii: "r"), .several("A:B"),
      "pass signal A on as B; 0 drops it"
    ) { options, text throws(ValueProblem) in
      options.rewrites.append(try SignalRewrite(parsing: text))
    },
    OptionRow(
      .process, "known-programs", .one("on|off"),
      "nginx is stopped by QUIT, and so on; default on"
    ) { options, text throws(ValueProblem) in
      options.knowsPrograms = try isOn(text)
    },
    OptionRow(
      .process, "orphans", .one("end|wait|DUR"),
      "what becomes of processes the app leaves; default end"
    ) { options, text throws(ValueProblem) in
      options.orphans = try OrphanPolicy(parsing: text)
    },
    OptionRow(
      .process, "start-after", .several("CHECK"), secrecy: .firstWord,
      "start the app when this holds"
    ) { options, text throws(ValueProblem) in
      options.startAfter.append(try .beforeStart(text))
    },
    OptionRow(
      .process, "start-timeout", .one("DUR"), "how long to wait for that; default for ever"
    ) { options, text throws(ValueProblem) in
      options.startTimeout = try Interval(parsing: text)
    },
    OptionRow(
      .process, "parent-death-signal", letter: UInt8(ascii: "p"), .one("SIG"),
      "what drainit gets when its parent ends"
    ) { options, text throws(ValueProblem) in
      options.parentDeathSignal = try Signal(parsing: text)
    },
    OptionRow(
      .process, "plain", .nothing, isCommon: true,
      "only be an init: no window, no endpoint, no gate"
    ) { options, _ in options.isPlain = true },

    OptionRow(
      .readiness, "listen", .one("[ADDR:]PORT"), isCommon: true,
      "where probes are answered; default 14315, or off"
    ) { options, text throws(ValueProblem) in
      options.listen = try ListenAddress(parsing: text)
    },
    OptionRow(
      .readiness, "ready", .several("CHECK"), secrecy: .firstWord, isCommon: true,
      "what must hold for ready; default listening"
    ) { options, text throws(ValueProblem) in
      options.ready.append(try options.noted(Check(parsing: text)))
    },
    OptionRow(
      .readiness, "live", .several("CHECK"), secrecy: .firstWord,
      "what /livez asks, too; default: the app runs"
    ) { options, text throws(ValueProblem) in
      options.live.append(try options.noted(Check(parsing: text)))
    },
    OptionRow(
      .readiness, "ready-every", .one("DUR"), "how often checks run at most; default 250ms"
    ) { options, text throws(ValueProblem) in
      options.readyEvery = try .notTiny(text)
    },
    OptionRow(
      .readiness, "ready-successes", .one("N"), "how many in a row open the gate; default 1"
    ) { options, text throws(ValueProblem) in
      options.readySuccesses = try successes(text)
    },
    OptionRow(
      .readiness, "warmup", .one("DUR"), "how much later the gate opens; default 0"
    ) { options, text throws(ValueProblem) in
      options.warmup = try Interval(parsing: text)
    },
    OptionRow(
      .readiness, "check-timeout", .one("DUR"), "how long a check may take; default 1s"
    ) { options, text throws(ValueProblem) in
      options.checkTimeout = try .notTiny(text)
    },
    OptionRow(
      .readiness, "check-header", .several("'N: V'"), secrecy: .hidden, "a header for http checks"
    ) { options, text throws(ValueProblem) in
      options.checkHeaders.append(try headerLine(text))
    },

    OptionRow(
      .hooks, "on-ready", .several("HOOK"), secrecy: .firstWord,
      "run or sent when the gate first opens"
    ) { options, text throws(ValueProblem) in
      try options.add(hook: text, .ready)
    },
    OptionRow(
      .hooks, "on-drain", .several("HOOK"), secrecy: .firstWord,
      "run or sent at the drain signal"
    ) { options, text throws(ValueProblem) in
      try options.add(hook: text, .drain)
    },
    OptionRow(
      .hooks, "on-exit", .several("HOOK"), secrecy: .firstWord,
      "run or sent when the app has ended"
    ) { options, text throws(ValueProblem) in
      try options.add(hook: text, .exit)
    },
    OptionRow(
      .hooks, "hook-timeout", .one("DUR"), "how long each may take; default 5s"
    ) { options, text throws(ValueProblem) in
      options.hookTimeout = try .notTiny(text)
    },
    OptionRow(
      .hooks, "hook-header", .several("'N: V'"), secrecy: .hidden,
      "a header for what is sent; ${NAME} is a variable"
    ) { options, text throws(ValueProblem) in
      options.hookHeaders.append(try headerLine(text))
    },
    OptionRow(
      .hooks, "hook-body", .one("TEXT"), secrecy: .hidden,
      "the body of what is sent; ${NAME} is a variable"
    ) { options, text throws(ValueProblem) in
      if text.count > OptionLimits.bodyBytes { throw .refused("longer than 64 KiB") }
      options.hookBody = [UInt8](copying: text)
    },

    OptionRow(
      .log, "quiet", letter: UInt8(ascii: "q"), .nothing, isCommon: true,
      "log only warnings and the summary of a window"
    ) { options, _ in options.isQuiet = true },
    OptionRow(
      .log, "verbose", letter: UInt8(ascii: "v"), .count, isCommon: true,
      "log each process that is reaped, too"
    ) { options, _ in options.verbosity = options.verbosity == .max ? .max : options.verbosity + 1
    },
    OptionRow(.log, "log", .one("text|json"), "one line an event, as text or as JSON") {
      options, text throws(ValueProblem) in
      if isEqual(text, "json") {
        options.logsJSON = true
      } else if isEqual(text, "text") {
        options.logsJSON = false
      } else {
        throw .expected("text or json")
      }
    },

    OptionRow(
      .mode, "help", letter: UInt8(ascii: "h"), .maybe("all"), isCommon: true,
      "this text; --help all lists every option"
    ) { options, text throws(ValueProblem) in
      options.mode = isEqual(text, "all") ? .helpAll : .help
    },
    OptionRow(
      .mode, "version", letter: UInt8(ascii: "V"), .nothing, isCommon: true, "print the version"
    ) { options, _ in options.mode = .version },
    OptionRow(
      .mode, "license", letter: UInt8(ascii: "l"), .nothing, "print the license"
    ) { options, _ in options.mode = .license },
    OptionRow(
      .mode, "plan", .nothing, isCommon: true, "print what would happen when, and run nothing"
    ) { options, _ throws(ValueProblem) in try options.become(.plan) },
    OptionRow(
      .mode, "lint", .nothing, isCommon: true, "what in the YAML on stdin loses requests"
    ) { options, _ throws(ValueProblem) in try options.become(.lint) },
    OptionRow(
      .mode, "probe", .one("URL"), secrecy: .firstWord, isCommon: true,
      "exit 0 where it answers 200-399 (HEALTHCHECK)"
    ) { options, text throws(ValueProblem) in
      options.probe = try .probe(text)
      try options.become(.probe)
    },
    OptionRow(
      .mode, "install", .one("PATH"), "copy drainit itself there"
    ) { options, text throws(ValueProblem) in
      if text.isEmpty || text.index(of: 0) != nil { throw .expected("a path to copy to") }
      options.installPath = [UInt8](copying: text)
      try options.become(.install)
    },
    OptionRow(
      .mode, "hold", .nothing, "the window alone, as a preStop hook; signals nobody"
    ) { options, _ throws(ValueProblem) in try options.become(.hold) },

    OptionRow(.others, "", letter: UInt8(ascii: "s"), .nothing, "it is a subreaper anyway") {
      _, _ in
    },
    OptionRow(
      .others, "", letter: UInt8(ascii: "w"), .nothing, "-v names each process that is reaped"
    ) { _, _ in },
    OptionRow(
      .others, "", letter: UInt8(ascii: "g"), .nothing, "--signal-to group"
    ) { options, _ in options.signalTo = .group },
    OptionRow(
      .others, "single-child", letter: UInt8(ascii: "c"), .nothing,
      "--signal-to app"
    ) { options, _ in options.signalTo = .app },
    OptionRow(
      .others, "", letter: UInt8(ascii: "e"), .several("CODE"),
      "--exit-map CODE:0"
    ) { options, text throws(ValueProblem) in
      guard let code = text.decimal(atMost: 255) else {
        throw .expected("an exit code of 0 to 255")
      }
      options.exitMap.append(ExitRewrite(from: UInt8(code), to: 0))
    },
    OptionRow(.others, "", letter: UInt8(ascii: "L"), .nothing, "--license") { options, _ in
      options.mode = .license
    },
  ]
}
