import Testing

@testable import DrainCore

/// Text as bytes.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// What options come to, or the line that says why they cannot be used.
func read(
  _ words: [String], _ environment: [String] = [], program: String = "drainit"
) -> (options: Options?, error: String) {
  readBytes(words.map(bytes), environment.map(bytes), program: program)
}

/// What options come to, or the line that says why they cannot be used.
func readBytes(
  _ words: [[UInt8]], _ environment: [[UInt8]], program: String = "drainit"
) -> (options: Options?, error: String) {
  do {
    let all = [bytes(program)] + words
    let options = try Options.read(
      arguments: { $0 >= 0 && $0 < all.count ? all[$0] : nil }, environment: environment)
    return (options, "")
  } catch {
    var line = ByteBuffer(capacity: OptionLimits.errorBytes)
    line.append(error)
    #expect(line.cut == 0)
    return (nil, text(line))
  }
}

@Suite struct OptionsTests {
  @Test(
    arguments: [
      ([], "no program to run was given: drainit [OPTIONS] [--] PROGRAM [ARGUMENTS]"),
      (["--"], "no program to run was given: drainit [OPTIONS] [--] PROGRAM [ARGUMENTS]"),
      (
        ["--drain", "9s"], "no program to run was given: drainit [OPTIONS] [--] PROGRAM [ARGUMENTS]"
      ),
      (["--dran", "5s", "x"], "--dran: no such option (did you mean --drain?)"),
      (["--dran=5s", "x"], "--dran: no such option (did you mean --drain?)"),
      (["--stop-singal", "x"], "--stop-singal: no such option (did you mean --stop-signal?)"),
      (["--Drain_Signal", "x"], "--Drain_Signal: no such option (did you mean --drain-signal?)"),
      (["-drain", "x"], "-drain: no such option (did you mean --drain?)"),
      (["-verbose", "x"], "-verbose: no such option (did you mean --verbose?)"),
      (["-plain", "x"], "-plain: no such option (did you mean --plain?)"),
      (["-port=80", "x"], "-port: no such option (did you mean --port?)"),
      (["-vvx", "x"], "-vvx: no such option (--help all names them)"),
      (["--zzzzzzzz", "x"], "--zzzzzzzz: no such option (--help all names them)"),
      (["--=", "x"], "--: no such option (--help all names them)"),
      (["--ready-succ", "x"], "--ready-succ: no such option (did you mean --ready-successes?)"),
      (["--\u{1b}[31m\n", "x"], "--\\x1b[31m\\n: no such option (--help all names them)"),
      (["--drain"], "--drain: a value is missing: MIN..MAX"),
      (["--drain", "--", "x"], "--drain: a value is missing: MIN..MAX"),
      (["--drain=", "x"], "--drain='': expected MIN..MAX such as 5s..12s, or one duration"),
      (["--drain", "9s..3s"], "--drain 9s..3s: the window's end (3s) is before its start (9s)"),
      (["--drain=9s..3s"], "--drain=9s..3s: the window's end (3s) is before its start (9s)"),
      (
        ["--drain", "5s-12s"],
        "--drain 5s-12s: expected MIN..MAX such as 5s..12s, or one duration (did you mean 5s..12s?)"
      ),
      (["--drain", "99999999h"], "--drain 99999999h: longer than 146 years"),
      (["--plain=yes", "x"], "--plain: this option takes no value"),
      (["--help=me"], "--help: this option takes no value"),
      (["--version=1"], "--version: this option takes no value"),
      (
        ["--stop-signal", "SIGTREM"],
        "--stop-signal SIGTREM: expected one signal such as TERM, SIGUSR1, RTMIN+3 or 15 "
          + "(did you mean SIGTERM?)"
      ),
      (
        ["--stop-signal", "STOP"],
        "--stop-signal STOP: SIGSTOP suspends a program and does not end it"
      ),
      (
        ["--stop-signal", "CHLD"],
        "--stop-signal CHLD: the kernel sends this signal when a process ends"
      ),
      (
        ["--stop-signal", "32"],
        "--stop-signal 32: the C library keeps this signal for itself: RTMIN is 34"
      ),
      (["--drain-signal", "9"], "--drain-signal 9: no process can catch this signal"),
      (
        ["--signal-to", "gruop"],
        "--signal-to gruop: expected app, group or all (did you mean group?)"
      ),
      (
        ["--port", "65536"],
        "--port 65536: expected a port of 1 to 65535, or a UNIX socket's path or @NAME"
      ),
      (
        ["--exit-map", "0:256"],
        "--exit-map 0:256: expected FROM:TO such as 143:0, exit codes of 0 to 255"
      ),
      (["--rewrite", "9:15"], "--rewrite 9:15: no process can catch this signal"),
      (["-r", "15"], "-r 15: expected A:B such as TERM:QUIT, or A:0 to drop A"),
      (["-p"], "-p: a value is missing: SIG"),
      (
        ["-pTREM"],
        "-pTREM: expected one signal such as TERM, SIGUSR1, RTMIN+3 or 15 (did you mean SIGTERM?)"
      ),
      (["--known-programs", "yes"], "--known-programs yes: expected on or off"),
      (
        ["--orphans", "wiat"],
        "--orphans wiat: expected end, wait, or a duration such as 10s (did you mean wait?)"
      ),
      (["--orphans", "-1"], "--orphans -1: expected end, wait, or a duration such as 10s"),
      (["--orphans", "9999999h"], "--orphans 9999999h: longer than 146 years"),
      (
        ["--start-after", "listening"],
        "--start-after listening: it is the app that would hold it, and it is not started yet"
      ),
      (
        ["--until", "qiuet"],
        "--until qiuet: expected quiet[:DUR], closed, probed:N or a CHECK (did you mean quiet?)"
      ),
      (
        ["--until", "probd:3"],
        "--until probd:3: expected quiet[:DUR], closed, probed:N or a CHECK (did you mean probed:?)"
      ),
      (
        ["--until", "listen"],
        "--until listen: expected quiet[:DUR], closed, probed:N or a CHECK (did you mean listening?)"
      ),
      (
        ["--unready-after", "ned"],
        "--unready-after ned: expected end, or a duration such as 10s (did you mean end?)"
      ),
      (["--drain-notice", "KILL"], "--drain-notice KILL: no process can catch this signal"),
      (
        ["--ignore", "10.0.0.0/33"],
        "--ignore 10.0.0.0/33: expected an address or a range such as 10.0.0.0/8 or fd00::/8"
      ),
      (["--log", "xml"], "--log xml: expected text or json"),
      (
        ["--plan", "--install=/x"],
        "--install=/x: only one of --plan, --lint, --probe, --install and --hold"
      ),
      (["--plan", "--hold"], "--hold: only one of --plan, --lint, --probe, --install and --hold"),
      (["--hold", "--port", "80", "--", "sh"], "--hold: runs no program, but one was given"),
      (["--probe", "tcp:80", "sh"], "--probe: runs no program, but one was given"),
      (["--probe"], "--probe: a value is missing: URL"),
      (
        ["--probe", "listening"],
        "--probe listening: expected http://HOST[:PORT]/PATH, tcp:[HOST:]PORT, "
          + "grpc:[HOST:]PORT[/SERVICE] or unix:PATH"
      ),
      (["--install", "/x", "sh"], "--install: runs no program, but one was given"),
      (["--install"], "--install: a value is missing: PATH"),
      (["--install", ""], "--install '': expected a path to copy to"),
      (
        ["--start-after=notify"],
        "--start-after=notify: it is the app that would hold it, and it is not started yet"
      ),
      (["--live", "fd:2"], "--live fd:2: expected fd:N, a descriptor of 3 or above"),
      (["--ready-every", "0"], "--ready-every 0: at least 10ms"),
      (["--ready-successes", "0"], "--ready-successes 0: expected a number of 1 to 1000000"),
      (
        ["--ready", "listen"],
        "--ready listen: expected listening, tcp:, http://, grpc:, unix:, exec:, file:, absent:, "
          + "notify, fd:N or none (--help all) (did you mean listening?)"
      ),
      (
        ["--ready", "https://h/"],
        "--ready https://h/: drainit has no TLS: plain http, or a program that has it"
      ),
      (
        ["--ready", "http://me:s3cret@h/x?y=z"],
        "--ready http://...@h/x?...: no user or password in a URL: "
          + "send it in a header"
      ),
      (
        ["--listen", "localhost:80"],
        "--listen localhost:80: listens on an address, such as 127.0.0.1 or [::1], not on a name"
      ),
    ] as [([String], String)])
  func aWrongCommandLineIsNamedInOneLine(words: [String], expected: String) {
    #expect(read(words).error == expected)
  }

  @Test(
    arguments: [
      (
        "DRAINIT_DRIAN=5",
        "DRAINIT_DRIAN: no option has this variable (did you mean DRAINIT_DRAIN?)"
      ),
      (
        "DRAINIT_STOP_SINGAL=5",
        "DRAINIT_STOP_SINGAL: no option has this variable (did you mean DRAINIT_STOP_SIGNAL?)"
      ),
      ("DRAINIT_HELP=1", "DRAINIT_HELP: no option has this variable"),
      ("DRAINIT_=1", "DRAINIT_: no option has this variable"),
      (
        "DRAINIT_drain=5",
        "DRAINIT_drain: no option has this variable (did you mean DRAINIT_DRAIN?)"
      ),
      ("DRAINIT_TOKEN=s3cret", "DRAINIT_TOKEN: no option has this variable"),
      (
        "DRAINIT_DRAIN=9s..3s",
        "DRAINIT_DRAIN=9s..3s: the window's end (3s) is before its start (9s)"
      ),
      (
        "DRAINIT_PORT=eighty",
        "DRAINIT_PORT=eighty: expected a port of 1 to 65535, or a UNIX socket's path or @NAME"
      ),
      (
        "DRAINIT_PORT=80\n\n 0 \n",
        "DRAINIT_PORT=0: expected a port of 1 to 65535, or a UNIX socket's path or @NAME"
      ),
      (
        "DRAINIT_PLAIN=maybe",
        "DRAINIT_PLAIN=maybe: expected yes or no (1, true, on; 0, false, off)"
      ),
      ("DRAINIT_VERBOSE=-1", "DRAINIT_VERBOSE=-1: expected a number of 0 to 9"),
      ("DRAINIT_CHECK_HEADER=s3cret", "DRAINIT_CHECK_HEADER: expected 'Name: value'"),
    ] as [(String, String)])
  func aWrongVariableIsNamedInOneLine(variable: String, expected: String) {
    #expect(read(["x"], [variable]).error == expected)
  }

  @Test(arguments: [
    "http://user:s3cret@h/", "http://h/?token=s3cret x", "htpp://user:s3cret@h/", "h:80/x?k=s3cret",
    "exec:curl -H 's3cret", "http://user:pa?ss@s3cret@h/ ",
  ])
  func anErrorShowsNothingSecretOfAValue(check: String) {
    for error in [
      read(["--ready", check, "x"]).error, read(["x"], ["DRAINIT_READY=" + check]).error,
    ] {
      #expect(!error.isEmpty)
      #expect(!error.contains("s3cret"), "\(error)")
    }
    let header = read(["--check-header", "s3cret\n", "x"]).error
    #expect(header == "--check-header: expected 'Name: value'")
  }

  @Test(arguments: [
    "GET http://u:s3cret@h/", "put http://h/?t=s3cret", "run 's3cret", "http://h/?t=s3cret",
    "GET https://h/?t=s3cret", "PUT http://h/#s3cret",
  ])
  func anErrorShowsNothingSecretOfAHook(hook: String) {
    let error = read(["--on-exit", hook, "x"]).error
    #expect(!error.isEmpty)
    #expect(!error.contains("s3cret"), "\(error)")
  }

  @Test func aLongValueIsCutAndStaysOneLine() {
    let long = [UInt8](repeating: 0x07, count: 100_000)
    let error = readBytes([bytes("--drain"), long], []).error
    #expect(error.hasPrefix("--drain \\x07\\x07"))
    #expect(error.contains("...: expected"))
    #expect(
      readBytes([bytes("--") + long], []).error.hasSuffix(
        "...: no such option (--help all names them)"))
  }

  @Test func everyOptionIsReadFromTheCommandLine() throws {
    let line = """
      --drain 1s..2s --drain-signal QUIT --drain-signal=RTMIN+1 --stop-signal int --stop-timeout 3s \
      --grace 30 --port 80 --port 81 --signal-to all --exit-map 143:0 --exit-map 1:2 --plain \
      --listen 127.0.0.1:99 --ready tcp:80 --ready none --ready-every 1s --ready-successes 3 \
      --check-timeout 20ms --check-header A:b --warmup 5m --rewrite TERM:INT -r 1:0 -p KILL --known-programs off \
      --orphans 9s --start-after tcp:db:5432 --start-timeout 1m --live http://h:8/ \
      --until closed --until tcp:1 --ignore fd00::/8 --ignore 10.0.0.1 --unready-after end --drain-notice USR1 \
      --log json \
      -vqv -- --drain x
      """
    let hooks = [
      "--on-ready", "/bin/up now", "--on-drain", "PUT http://c:85/x", "--on-exit", "b",
      "--hook-timeout", "2s", "--hook-header", "X: ${T}", "--hook-body", "{}",
    ]
    let words = hooks + line.split(separator: " ").map(String.init)
    let options = try #require(read(words).options)
    #expect(options.mode == .run)
    #expect(options.commandIndex == words.count - 1)
    #expect(options.drain == DrainRange(minimum: .seconds(1), maximum: .seconds(2)))
    #expect(options.drainSignals == [.quit, Signal(35)])
    #expect(options.stopSignal == .int)
    #expect(options.stopTimeout == .seconds(3))
    #expect(options.grace == .seconds(30))
    #expect(options.ports == [80, 81])
    #expect(options.signalTo == .all)
    #expect(options.exitMap == [ExitRewrite(from: 143, to: 0), ExitRewrite(from: 1, to: 2)])
    #expect(options.isPlain)
    #expect(options.listen == .on(address: .v4(0x7f00_0001), port: 99))
    #expect(options.ready.map(\.kind) == [.tcp(host: [], port: 80), .none])
    #expect(options.ready.map(\.text) == [bytes("tcp:80"), bytes("none")])
    #expect(options.readyEvery == .seconds(1))
    #expect(options.readySuccesses == 3)
    #expect(options.checkTimeout == .milliseconds(20))
    #expect(options.checkHeaders == [bytes("A:b")])
    #expect(options.warmup == .seconds(300))
    #expect(options.verbosity == 2)
    #expect(options.isQuiet)
    #expect(options.hooks[.ready].map(\.kind) == [.exec([bytes("/bin/up"), bytes("now")])])
    #expect(options.hooks[.drain].map(\.text) == [bytes("PUT http://c:85/x")])
    #expect(options.hooks[.exit].map(\.text) == [bytes("b")])
    #expect(options.hookTimeout == .seconds(2))
    #expect(options.hookHeaders == [bytes("X: ${T}")])
    #expect(options.hookBody == bytes("{}"))
    #expect(options.rewrites == [.init(from: .term, to: .int), .init(from: .hup, to: .none)])
    #expect(options.parentDeathSignal == .kill)
    #expect(!options.knowsPrograms)
  }

  @Test func everyOptionButTheModesIsReadFromTheEnvironment() throws {
    let values: [String: String] = [
      "drain": "1s", "drain-signal": "QUIT\nTERM", "stop-signal": "int", "stop-timeout": "3s",
      "grace": "30", "port": "80\n81\n", "signal-to": "group", "exit-map": "1:2", "plain": "on",
      "listen": "off", "ready": "none", "ready-every": "1s", "ready-successes": "3",
      "check-timeout": "20ms", "check-header": "A:b", "warmup": "5m", "rewrite": "1:0",
      "known-programs": "off", "parent-death-signal": "KILL", "orphans": "wait",
      "start-after": "tcp:1", "start-timeout": "1", "live": "tcp:2", "until": "quiet:5s",
      "ignore": "::1", "unready-after": "3s", "drain-notice": "USR1", "log": "json",
      "verbose": "3", "quiet": "YES", "on-ready": "a b\nc", "on-drain": "POST http://h/",
      "on-exit": "'x y'", "hook-timeout": "1s", "hook-header": "A: b\nC: d", "hook-body": "x",
    ]
    for row in OptionRow.all where row.hasVariable {
      let name = "\(row.name)"
      let value = try #require(values[name], "a value for \(name)")
      let variable =
        "DRAINIT_\(name.uppercased().split(separator: "-").joined(separator: "_"))=\(value)"
      let result = read(["x"], [variable])
      #expect(result.error == "")
      let options = try #require(result.options)
      #expect("\(options)" != "\(Options())", "\(variable) sets nothing")
    }
  }

  @Test func theCommandLineWins() throws {
    let options = try #require(
      read(
        ["--port", "1", "--drain", "1s", "--stop-signal", "HUP", "x"],
        ["DRAINIT_PORT=2\n3", "DRAINIT_DRAIN=junk", "DRAINIT_GRACE=9", "DRAINIT_GRACE=8"]
      ).options)
    #expect(options.ports == [1])
    #expect(options.drain?.maximum == .seconds(1))
    #expect(options.grace == .seconds(9))
    #expect(read(["x"], ["DRAINIT_PLAIN=no", "DRAINIT_PLAIN=yes"]).options?.isPlain == false)
  }

  @Test(
    arguments: [
      ("1", true), ("true", true), ("Yes", true), ("ON", true), ("0", false), ("false", false),
      ("no", false), ("off", false), ("", false),
    ] as [(String, Bool)])
  func aVariableSaysYesOrNo(value: String, expected: Bool) {
    #expect(read(["x"], ["DRAINIT_PLAIN=" + value]).options?.isPlain == expected)
  }

  @Test func optionsEndAtTheFirstWordThatIsNone() {
    #expect(read(["-v", "-", "--dran"]).options?.commandIndex == 2)
    #expect(read(["--port", "1", "sh", "-c", "x"]).options?.commandIndex == 3)
    #expect(read(["--", "--dran"]).options?.commandIndex == 2)
    #expect(read([""]).options?.commandIndex == 1)
    #expect(read(["all", "--help"]).options?.mode == .run)
  }

  @Test func theAppsArgumentsAreNotCopied() throws {
    var asked = 0
    let words = ["drainit", "-v", "--port", "1", "app", "a", "b"].map(bytes)
    _ = try Options.read(
      arguments: {
        asked = max(asked, $0)
        return $0 < words.count ? words[$0] : nil
      }, environment: [])
    #expect(asked == 4)
  }

  @Test func helpAndVersionNeedNeitherCommandNorASoundEnvironment() {
    #expect(read(["--help"], ["DRAINIT_X=1"]).options?.mode == .help)
    #expect(read(["-h", "all"]).options?.mode == .help)
    #expect(read(["--help", "all"]).options?.mode == .helpAll)
    #expect(read(["--help=all"]).options?.mode == .helpAll)
    #expect(read(["-v", "--version", "--dran"], ["DRAINIT_DRAIN=x"]).options?.mode == .version)
  }

  @Test func whatDrainitIsAskedToBeNeedsNoCommand() throws {
    #expect(read(["--plan"]).options?.mode == .plan)
    let plan = try #require(read(["--plan", "--drain", "5s", "nginx"]).options)
    #expect(plan.mode == .plan && plan.commandIndex == 4 && plan.drain?.maximum == .seconds(5))
    let probe = try #require(read(["--probe", "grpc:80/x", "--check-timeout=2s"]).options)
    #expect(probe.mode == .probe && probe.checkTimeout == .seconds(2))
    #expect(probe.probe?.kind == .grpc(host: [], port: 80, service: bytes("x")))
    #expect(
      read(["--hold", "--hold"], ["DRAINIT_DRAIN=1s"]).options?.drain?.minimum == .seconds(1))
    let install = try #require(read(["--install", "/shared/drainit"]).options)
    #expect(install.mode == .install && install.installPath == bytes("/shared/drainit"))
    for words in [["-V"], ["-l"], ["--license", "--dran"]] {
      #expect(read(words, ["DRAINIT_X=1"]).options?.mode.isText == true)
    }
  }

  @Test func withoutArgvThereIsNoCommand() {
    #expect(throws: OptionError.self) {
      try Options.read(arguments: { _ in nil }, environment: [])
    }
  }
}
