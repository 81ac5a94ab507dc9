import Testing

@testable import DrainCore

@Suite struct RepeatTests {
  @Test func aRepeatableOptionHasALimit() {
    let most = Array(repeating: ["--live", "none"], count: OptionLimits.repeats).flatMap { $0 }
    #expect(read(most + ["x"]).options?.live.count == OptionLimits.repeats)
    let remedy = "times: join some in one, as a script"
    #expect(read(most + ["--live=none", "x"]).error == "--live: given more than 16 \(remedy)")
    let lines = Array(repeating: "none", count: OptionLimits.repeats + 1).joined(separator: "\n")
    #expect(
      read(["x"], ["DRAINIT_LIVE=" + lines]).error == "DRAINIT_LIVE: given more than 16 \(remedy)")
  }

  @Test func aMapOrASetOfNumbersHasNone() {
    let codes = (0...255).flatMap { ["-e", "\($0)"] }
    #expect(read(codes + codes + ["x"]).options?.exitMap.count == 512)
    let lines = Array(repeating: "1:2", count: 300).joined(separator: "\n")
    #expect(read(["x"], ["DRAINIT_EXIT_MAP=" + lines]).options?.exitMap.count == 300)
    let signals = (1...31).flatMap { _ in ["-r", "HUP:0", "--drain-signal", "USR1"] }
    #expect(read(signals + ["x"]).options?.rewrites.count == 31)
  }

  @Test func ofUnixSocketsThereAreAsManyAsChecks() {
    let paths = (1...15).flatMap { ["--port", "/run/\($0).sock"] }
    let ports = (1...300).flatMap { ["--port", "\($0)"] }
    #expect(read(paths + ports + ["x"]).options?.gateChecks.count == 16)
    let many = read(paths + ["--port", "/more", "x"])
    #expect(many.error == "--port /more: more than 15 UNIX sockets")
  }

  @Test func aListHasRoomForWhatPeopleHave() {
    for (option, value) in [
      ("--ignore", "10.0.0.0/8"), ("--check-header", "A: b"), ("--hook-header", "A: b"),
    ] {
      let most = Array(repeating: [option, value], count: 255).flatMap { $0 }
      #expect(read(most + ["x"]).error == "")
      #expect(
        read(most + [option, value, "x"]).error.hasPrefix("\(option): given more than 255 times: "))
    }
  }

  @Test func severalInOneValueAreToldHowTheyAreGiven() {
    for (words, variables, end) in [
      (["-e", "143,137"], [], "of 0 to 255; give it again for each"),
      (["--port", "80,443"], [], "@NAME; give it again for each"),
      (["--port", "http"], [], "@NAME"),
      (["--grace", "5s,6s"], [], "or seconds"),
      ([], ["DRAINIT_EXIT_MAP=143:0,137:0"], "of 0 to 255; one a line"),
      (["--on-drain", "PUT consul:8500/a,b"], [], "http://HOST/PATH"),
    ] as [([String], [String], String)] {
      let error = read(words + ["x"], variables).error
      #expect(error.hasSuffix(end), "\(error)")
    }
  }

  @Test func anEmptyVariableIsNotSetButItsNameMustBeOneOfOurs() {
    for value in ["", " ", "\n", " \n\t"] {
      for name in ["DRAIN", "GRACE", "LISTEN", "EXIT_MAP", "STOP_SIGNAL", "QUIET", "LOG"] {
        #expect(read(["x"], ["DRAINIT_\(name)=" + value]).error == "", "\(name)")
      }
    }
    #expect(read(["x"], ["DRAINIT_DRAN="]).error != "")
    #expect(read(["x"], ["DRAINIT_DRAIN="]).options?.drain == nil)
  }
}
