/// A program that is to be stopped by another signal than SIGTERM, told by its name in the kernel: by what its
/// images have as STOPSIGNAL, or since at SIGTERM it cuts requests, however it is set up.
public enum KnownProgram: UInt8, BitwiseCopyable, Sendable {
  /// None of the table, or the table is not in use.
  case other
  case nginx
  case phpFPM
  case unitd
  case unicorn
  case haproxy
  case httpd
  case lighttpd
  case postgres

  /// Looks a name up as `/proc/PID/comm` gives it, without the line end; a version at its end does
  /// not matter (`php-fpm8.2`).
  @inline(never) public init(comm: Span<UInt8>) {
    var length = comm.count
    while length > 0, KnownProgram.isVersion(comm[length &- 1]) { length &-= 1 }
    self = .other
    if KnownProgram.same(comm, length, "nginx") { self = .nginx }
    if KnownProgram.same(comm, length, "openresty") { self = .nginx }
    if KnownProgram.same(comm, length, "angie") { self = .nginx }
    if KnownProgram.same(comm, length, "php-fpm") { self = .phpFPM }
    if KnownProgram.same(comm, length, "unitd") { self = .unitd }
    if KnownProgram.same(comm, length, "unicorn") { self = .unicorn }
    if KnownProgram.same(comm, length, "haproxy") { self = .haproxy }
    if KnownProgram.same(comm, length, "httpd") { self = .httpd }
    if KnownProgram.same(comm, length, "apache") { self = .httpd }
    if KnownProgram.same(comm, length, "lighttpd") { self = .lighttpd }
    if KnownProgram.same(comm, length, "postgres") { self = .postgres }
  }

  /// The signal that is meant for such a stop; none for others.
  public var gracefulSignal: Signal {
    switch self {
    case .other: .none
    case .nginx, .phpFPM, .unitd, .unicorn: .quit
    case .haproxy: .usr1
    case .httpd: .winch
    case .lighttpd, .postgres: .int
    }
  }

  /// The program where it is what its name says, by the signals that it catches; else `other`.
  ///
  /// A name is not an identity: busybox has an `httpd` to which SIGWINCH says nothing. What catches
  /// SIGSTKFLT and SIGURG, too, catches everything: a Go program, to which SIGQUIT is a dump.
  ///
  /// - Parameter caught: nil where that cannot be read.
  public func confirmed(by caught: SignalSet?) -> KnownProgram {
    guard let caught, caught.contains(gracefulSignal) else { return .other }
    return caught.contains(.urg) && caught.contains(.stkflt) ? .other : self
  }

  private static func isVersion(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
  }

  private static func same(_ comm: Span<UInt8>, _ length: Int, _ name: StaticString) -> Bool {
    guard length == name.utf8CodeUnitCount else { return false }
    for index in 0..<length where comm[index] != name.utf8Start[index] { return false }
    return true
  }
}
