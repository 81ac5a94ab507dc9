/// One datagram of sd_notify(3), taken apart: lines of `KEY=VALUE`, of which the last of a kind counts.
///
/// BARRIER is nothing to read: its descriptor is closed by being received nowhere. MAINPID is not
/// followed, and what is not known is passed over.
public struct NotifyMessage: Equatable, BitwiseCopyable, Sendable {
  /// What the app says of itself.
  public enum State: UInt8, BitwiseCopyable, Sendable {
    case none
    /// `READY=1`: started, or done with reloading.
    case ready
    case reloading
    case stopping
  }

  /// What the app says of its watchdog.
  public enum Watchdog: UInt8, BitwiseCopyable, Sendable {
    case none
    /// `WATCHDOG=1`: it is alive.
    case alive
    /// `WATCHDOG=trigger`: it has found out that it is not.
    case trigger
  }

  public var state = State.none
  public var watchdog = Watchdog.none
  /// `WATCHDOG_USEC`: how often it will say that it is alive; zero for no more.
  public var period: Interval?
  /// `MONOTONIC_USEC`: when the reload began.
  public var since: Instant?
  /// `EXTEND_TIMEOUT_USEC`: how much longer it may take, from now.
  public var moreTime: Interval?
  /// Where the text of `STATUS` is in the datagram.
  public var status: ByteRange?

  /// The longest datagram that is read, as systemd has it: PIPE_BUF.
  public static var longest: Int { 4096 }

  public init() {}

  /// Reads a datagram; one with a zero byte in it says nothing.
  ///
  /// - Parameter passedOn: is given the lines that another service manager is to know, too.
  @inline(never) public init(_ datagram: borrowing ByteBuffer, passedOn: inout ByteBuffer) {
    let bytes = datagram.bytes
    // As systemd has it: at the very end one is allowed.
    let zero = bytes.index(of: 0) ?? bytes.count
    if zero &+ 1 < bytes.count { return }
    var start = 0
    while start < zero {
      let end = bytes.index(of: lineFeed, from: start) ?? zero
      let line = bytes.cut(start, end)
      if take(line, at: start) {
        passedOn.append(line)
        passedOn.append(lineFeed)
      }
      start = end &+ 1
    }
  }

  /// Takes one line; whether it is passed on.
  @inline(never) private mutating func take(_ line: Span<UInt8>, at start: Int) -> Bool {
    if isEqual(line, "READY=1") {
      state = .ready
    } else if isEqual(line, "STOPPING=1") {
      state = .stopping
    } else if isEqual(line, "WATCHDOG=1") {
      watchdog = .alive
    } else if isEqual(line, "WATCHDOG=trigger") {
      watchdog = .trigger
    } else if hasPrefix(line, "STATUS=") {
      status = ByteRange(start: start &+ 7, end: start &+ line.count)
    } else {
      if isEqual(line, "RELOADING=1") { state = .reloading }
      if let time = time(line, "WATCHDOG_USEC=") { period = time }
      if let time = time(line, "EXTEND_TIMEOUT_USEC=") { moreTime = time }
      if let time = time(line, "MONOTONIC_USEC=") { since = Instant(nanoseconds: time.nanoseconds) }
      return false
    }
    return true
  }

  private func time(_ line: Span<UInt8>, _ key: StaticString) -> Interval? {
    hasPrefix(line, key) ? Interval(microseconds: line.from(key.utf8CodeUnitCount)) : nil
  }
}

extension Interval {
  /// Reads a number of microseconds; more than any container lives is `longest` (systemd's infinity).
  @inline(never) public init?(microseconds text: Span<UInt8>) {
    guard let count = text.decimal(atMost: .max) else { return nil }
    self.init(nanoseconds: Int64(min(count, UInt64(Int64.max) / 1000)) &* 1000)
  }
}
