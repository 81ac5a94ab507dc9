extension Signal {
  // signal(7), without SIG, in the order of the numbers from 1 on.
  private static let names: [StaticString] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
    "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
  ]

  /// The name without SIG, nil for a real-time signal and for none.
  var shortName: StaticString? {
    number >= 1 && number <= 31 ? Signal.names[Int(number &- 1)] : nil
  }

  /// Reads a name with or without SIG in any case, `RTMIN+3`, `RTMAX-1`, or a number of 1 to 64
  /// but for 32 and 33, which are the C library's own.
  public init(parsing text: Span<UInt8>) throws(ValueProblem) {
    if let number = text.decimal(atMost: 64), number > 0 {
      if number == 32 || number == 33 {
        throw .refused("the C library keeps this signal for itself: RTMIN is 34")
      }
      self.init(Int32(truncatingIfNeeded: number))
      return
    }
    let bare = isEqualIgnoringCase(text.before(3), "SIG") ? text.from(3) : text
    if let signal = Signal(name: bare) ?? Signal(realTime: bare) {
      self = signal
      return
    }
    var near = NearMiss(bare)
    for name in Signal.names { near.consider(name) }
    throw .expected("one signal such as TERM, SIGUSR1, RTMIN+3 or 15", near.word, after: "SIG")
  }

  /// A signal by its name without SIG, signal(7)'s synonyms included.
  private init?(name: Span<UInt8>) {
    for index in 0..<Signal.names.count where isEqualIgnoringCase(name, Signal.names[index]) {
      self.init(Int32(truncatingIfNeeded: index &+ 1))
      return
    }
    if isEqualIgnoringCase(name, "IOT") {
      self = .abrt
    } else if isEqualIgnoringCase(name, "CLD") {
      self = .chld
    } else if isEqualIgnoringCase(name, "POLL") {
      self.init(29)
    } else {
      return nil
    }
  }

  /// A real-time signal: `RTMIN`, `RTMIN+n`, `RTMAX`, `RTMAX-n`, within 34 to 64.
  private init?(realTime name: Span<UInt8>) {
    let isFromStart = isEqualIgnoringCase(name.before(5), "RTMIN")
    guard isFromStart || isEqualIgnoringCase(name.before(5), "RTMAX") else { return nil }
    var offset: Int32 = 0
    if name.count > 5 {
      let sign = isFromStart ? UInt8(ascii: "+") : UInt8(ascii: "-")
      guard name[5] == sign, let typed = name.from(6).decimal(atMost: 30) else { return nil }
      offset = Int32(truncatingIfNeeded: typed)
    }
    self.init(isFromStart ? Signal.rtmin.number &+ offset : Signal.rtmax.number &- offset)
  }
}

extension ByteBuffer {
  /// Appends a signal's name as `kill -l` writes it: `SIGTERM`, `SIGRTMIN+3`, `SIGRTMAX-1`; where it
  /// has none (32 and 33 are the C library's own) `signal 32`.
  @inline(never) public mutating func append(_ signal: Signal) {
    let number = Int64(signal.number)
    let first = Int64(Signal.rtmin.number)
    let last = Int64(Signal.rtmax.number)
    if let name = signal.shortName {
      append("SIG")
      append(name)
    } else if number >= first && number < 50 {
      append("SIGRTMIN")
      append(offset: number &- first, sign: "+")
    } else if number >= 50 && number <= last {
      append("SIGRTMAX")
      append(offset: last &- number, sign: "-")
    } else {
      append("signal ")
      append(decimal: number)
    }
  }

  private mutating func append(offset: Int64, sign: StaticString) {
    if offset == 0 { return }
    append(sign)
    append(decimal: offset)
  }
}
