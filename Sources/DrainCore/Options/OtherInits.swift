// What lines and images that were written for tini and dumb-init say in the environment. An option of
// drainit's own, on the command line or as a variable, wins. TINI_SUBREAPER asks for what drainit does
// anyway, and a value that these inits would ignore is ignored.

extension OptionReader {
  /// Reads one `NAME=value` that another init would know.
  @inline(never) mutating func readOtherInits(_ variable: [UInt8]) {
    let text = variable.span
    guard let equals = text.index(of: UInt8(ascii: "=")) else { return }
    let name = text.before(equals)
    let value = text.from(equals &+ 1)
    let isOne = isEqual(value, "1")
    var level: UInt64?
    // tini asks whether it is there, whatever it says. DUMB_INIT_SETSID=0 is what drainit does anyway.
    if isEqual(name, "TINI_KILL_PROCESS_GROUP") || isOne && isEqual(name, "DUMB_INIT_SETSID") {
      if !isGiven("signal-to") { options.signalTo = .group }
    } else if isEqual(name, "TINI_VERBOSITY") {
      level = value.decimal(atMost: 9)
    } else if isOne && isEqual(name, "DUMB_INIT_DEBUG") {
      level = 2
    }
    guard let level, !isGiven("verbose"), !isGiven("quiet") else { return }
    // tini's level 1 is what it says by itself; each `-v` is one more.
    options.isQuiet = level == 0
    options.verbosity = UInt8(truncatingIfNeeded: max(level, 1) &- 1)
  }

  private func isGiven(_ name: StaticString) -> Bool {
    let name = [UInt8](name)
    guard let index = OptionRow.index(name: name.span) else { return false }
    return given[index] > 0
  }
}

extension OptionRow {
  /// The place in the table of the option that sets the same as the one at `index`: the two are counted
  /// as one, so that given on the command line neither's variable counts.
  static func index(sameAs index: Int) -> Int {
    let name: StaticString
    switch all[index].letter {
    case UInt8(ascii: "g"), UInt8(ascii: "c"): name = "signal-to"
    case UInt8(ascii: "e"): name = "exit-map"
    default: return index
    }
    return self.index(name: [UInt8](name).span) ?? index
  }
}

/// Whether drainit was started in the place of an engine's own init (`--init`, `--init-path`): by the last
/// part of the program's name, or, with older podman's and nerdctl's, by the whole of it.
func isOtherInit(_ program: Span<UInt8>) -> Bool {
  let name = program.from((program.lastIndex(of: UInt8(ascii: "/")) ?? -1) &+ 1)
  if isEqual(program, "/dev/init") || isEqual(program, "/sbin/tini") { return true }
  return isEqual(name, "docker-init") || isEqual(name, "podman-init")
}
