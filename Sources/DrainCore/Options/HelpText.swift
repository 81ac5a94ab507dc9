extension ByteBuffer {
  /// Appends what `--help` prints, or `--help all`: at most `OptionLimits.helpBytes`.
  public mutating func appendHelp(all: Bool) {
    append("drainit ")
    append(Version.text)
    append(", a container's first process: a rollout under it loses no request\n")
    append("usage: drainit [OPTIONS] [--] PROGRAM [ARGUMENTS]\n")
    var section: OptionRow.Section?
    for row in OptionRow.all where all || row.isCommon {
      if section?.rawValue != row.section.rawValue {
        if all {
          append("\n")
          append(row.section.title)
        }
        section = row.section
      }
      append(row)
    }
    append("DUR: 500ms, 15s, 15, 2m. SIG: TERM, SIGTERM, 15, RTMIN+3. Repeatable: with ...\n")
    append("CHECK: listening, tcp:[HOST:]PORT, http://HOST[:PORT]/PATH, exec:PROGRAM ARGS,\n")
    append("grpc:[HOST:]PORT[/NAME], unix:PATH, file:PATH, absent:PATH, notify, fd:N, none.\n")
    append("Each is a variable, too: --drain-signal is DRAINIT_DRAIN_SIGNAL.\n")
  }

  /// Appends one option's line: its names to column 27, then what it is.
  private mutating func append(_ row: OptionRow) {
    let start = count
    append("  ")
    if row.letter != 0 {
      append("-")
      append(row.letter)
    }
    if row.name.utf8CodeUnitCount > 0 {
      if row.letter != 0 { append(", ") }
      append("--")
      append(row.name)
    }
    switch row.takes {
    case .one(let valueName):
      append(" ")
      append(valueName)
    case .several(let valueName):
      append(" ")
      append(valueName)
      append(" ...")
    case .count: append(" ...")
    case .maybe(let word):
      append(" [")
      append(word)
      append("]")
    case .nothing: break
    }
    repeat { append(" ") } while count &- start < 27 && room > 0
    append(row.help)
    append("\n")
  }
}

extension OptionRow.Section {
  fileprivate var title: StaticString {
    switch self {
    case .window: "The drain window\n"
    case .process: "The first process\n"
    case .readiness: "Readiness\n"
    case .hooks: "Hooks: a program with arguments, or PUT, DELETE ... and http://...\n"
    case .log: "The log\n"
    case .mode: "Instead of running a program\n"
    case .others: "As tini, dumb-init and catatonit have it\n"
    }
  }
}
