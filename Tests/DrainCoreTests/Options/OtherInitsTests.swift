import Testing

@testable import DrainCore

@Suite struct OtherInitsTests {
  @Test(
    arguments: [
      (["-e", "--"], "-e: a value is missing: CODE"),
      (["-e", "256"], "-e 256: expected an exit code of 0 to 255"),
      (["-e143:0"], "-e143:0: expected an exit code of 0 to 255"),
      (["--single-child=1"], "--single-child: this option takes no value"),
      (["-gx"], "-gx: no such option (--help all names them)"),
      (["-P"], "-P: no such option (--help all names them)"),
    ] as [([String], String)])
  func aWrongLineIsNamed(words: [String], expected: String) {
    #expect(read(words + ["app"]).error == expected)
  }

  @Test func tinisLineIsRead() throws {
    let line = ["-s", "-g", "-w", "-vv", "-e", "143", "-e0", "-p", "SIGKILL", "--", "app"]
    let options = try #require(read(line).options)
    #expect(options.signalTo == .group)
    #expect(options.exitMap == [ExitRewrite(from: 143, to: 0), ExitRewrite(from: 0, to: 0)])
    #expect(options.parentDeathSignal == .kill)
    #expect(options.verbosity == 2)
    #expect(options.commandIndex == 11)
    #expect(read(["-sgvp9", "app"]).options?.parentDeathSignal == .kill)
    #expect(read(["-h"]).options?.mode == .help)
    #expect(read(["-l"]).options?.mode == .license)
  }

  @Test func dumbInitsLineIsRead() throws {
    let options = try #require(
      read(["-v", "-r", "15:3", "--rewrite", "1:0", "--single-child", "sh"]).options)
    #expect(options.rewrites.count == 2)
    #expect(options.signalTo == .app)
    #expect(options.verbosity == 1)
    #expect(read(["-V"]).options?.mode == .version)
    #expect(read(["-g", "-c", "x"]).options?.signalTo == .app)
    #expect(read(["-L"]).options?.mode == .license)
  }

  @Test(
    arguments: [
      (["TINI_SUBREAPER="], .app, 0, false), (["TINI_KILL_PROCESS_GROUP="], .group, 0, false),
      (["TINI_KILL_PROCESS_GROUP=0"], .group, 0, false), (["TINI_VERBOSITY=0"], .app, 0, true),
      (["TINI_VERBOSITY=1"], .app, 0, false), (["TINI_VERBOSITY=3"], .app, 2, false),
      (["TINI_VERBOSITY=99999999999"], .app, 0, false), (["TINI_VERBOSITY=x"], .app, 0, false),
      (["TINI_VERSION=v0.19.0"], .app, 0, false), (["TINI_VERBOSITY"], .app, 0, false),
      (["DUMB_INIT_SETSID=0"], .app, 0, false), (["DUMB_INIT_SETSID=1"], .group, 0, false),
      (["DUMB_INIT_SETSID=x"], .app, 0, false), (["DUMB_INIT_DEBUG=1"], .app, 1, false),
      (["DUMB_INIT_DEBUG=0"], .app, 0, false),
      (["TINI_KILL_PROCESS_GROUP=1", "DRAINIT_SIGNAL_TO=all"], .all, 0, false),
      (["TINI_VERBOSITY=3", "DRAINIT_VERBOSE=1"], .app, 1, false),
      (["TINI_VERBOSITY=3", "DRAINIT_QUIET=1"], .app, 0, true),
    ] as [([String], SignalTarget, UInt8, Bool)])
  func theirVariablesAreRead(
    environment: [String], target: SignalTarget, verbosity: UInt8, isQuiet: Bool
  ) throws {
    let options = try #require(read(["app"], environment).options)
    #expect(options.signalTo == target)
    #expect(options.verbosity == verbosity)
    #expect(options.isQuiet == isQuiet)
  }

  @Test func theirSpellingOnTheCommandLineWins() {
    #expect(read(["-g", "x"], ["DRAINIT_SIGNAL_TO=all"]).options?.signalTo == .group)
    #expect(read(["-c", "x"], ["TINI_KILL_PROCESS_GROUP=1"]).options?.signalTo == .app)
    #expect(read(["-e1", "x"], ["DRAINIT_EXIT_MAP=2:3"]).options?.exitMap.count == 1)
    #expect(read(["-v", "x"], ["TINI_VERBOSITY=0"]).options?.verbosity == 1)
  }

  @Test func aSpellingOfAnotherInitHasNoVariable() {
    #expect(read(["x"], ["DRAINIT_SINGLE_CHILD=1"]).options == nil)
    #expect(read(["--", "x"], ["DRAINIT_LICENSE=1"]).options == nil)
  }

  @Test(
    arguments: [
      ("docker-init", [], true), ("/sbin/docker-init", [], true), ("/run/podman-init", [], true),
      ("/docker-init/drainit", [], false), ("xdocker-init", [], false), ("", [], false),
      ("docker-init", ["DRAINIT_DRAIN=1s"], false), ("docker-init", ["DRAINIT_PLAIN=no"], false),
      ("docker-init", ["DRAINIT_VERSION=1", "DRAINIT_SERVICE_HOST=a"], true),
      ("docker-init", ["TINI_SUBREAPER=1"], true),
    ] as [(String, [String], Bool)])
  func inThePlaceOfDockersInitItIsPlain(program: String, environment: [String], expected: Bool) {
    #expect(read(["--", "app"], environment, program: program).options?.isPlain == expected)
  }
}
