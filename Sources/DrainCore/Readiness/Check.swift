/// One CHECK, as written, taken apart.
public struct Check: Equatable, Sendable {
  /// As it was typed. It may hold what is secret: `CheckName.of(_:)` is what may be printed.
  public var text: [UInt8]
  public var kind: Kind

  public enum Kind: Equatable, Sendable {
    /// The app listens on each `--port`, or on any port without one.
    case listening
    /// A connect succeeds. `host` is an address without brackets, or a name; empty means this host.
    case tcp(host: [UInt8], port: UInt16)
    /// GET answers 200 to 399; `host` is never empty, `path` begins with a slash, query included, and
    /// is printable ASCII without a blank.
    case http(host: [UInt8], port: UInt16, path: [UInt8])
    /// grpc.health.v1.Health/Check of `service`, empty for the server as a whole, answers SERVING;
    /// `host` as in `tcp`.
    case grpc(host: [UInt8], port: UInt16, service: [UInt8])
    /// A connect to the UNIX socket of that path succeeds; an `@` before it makes it an abstract name.
    case unix([UInt8])
    /// What a hook sends, whole, is answered 200 to 299; `host` as in `http`.
    case send(host: [UInt8], port: UInt16, request: [UInt8])
    /// The program, which is the first of the words, exits 0; there is no shell.
    case exec([[UInt8]])
    /// The file exists, whatever it is.
    case file([UInt8])
    /// The file does not exist.
    case absent([UInt8])
    /// The app has sent `READY=1` (sd_notify(3)).
    case notify
    /// The app has written a newline to this descriptor (s6's notification), 3 or above.
    case descriptor(Int32)
    /// Holds at once.
    case none
  }

  public init(text: [UInt8], kind: Kind) {
    self.text = text
    self.kind = kind
  }
}
