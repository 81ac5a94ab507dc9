/// The bounds of the endpoint, each with its reason.
public enum EndpointLimits {
  /// The port where none was asked for: SIGTERM is 15, and ends a program with 143.
  public static var port: UInt16 { 14315 }
  /// Connections that are held at once: more than every prober of a pod needs, few enough that
  /// all their heads fit into 256 KiB.
  public static var connections: Int { 64 }
  /// The bytes of a request's head, line ends included: one page.
  public static var headBytes: Int { 4096 }
  /// The bytes of an answer's body. `/metrics` with 16 checks of ordinary names has 7 KiB; a probe's
  /// answer, one line, touches one page of it.
  public static var bodyBytes: Int { 32 * 1024 }
  /// How much of an answer may wait for a client that does not take it. The kernel's own buffer comes
  /// first (tcp(7), tcp_wmem), so that a client which is merely far away never comes here.
  public static var unsentBytes: Int { 16 * 1024 }
  /// The bytes of an answer's head: the longest that is made has about 200.
  public static var answerHeadBytes: Int { 512 }
  /// How long a request's head may take, counted from the accept.
  public static var headTime: Interval { .seconds(5) }
  /// How long a client may take to read its answer.
  public static var answerTime: Interval { .seconds(5) }
  /// How long a connection is kept after its answer, for a client that is still sending.
  public static var lingerTime: Interval { .seconds(1) }
  /// How many bytes are read and dropped after the answer before the connection is cut.
  public static var lingerBytes: Int { 64 * 1024 }
  /// Slots whose memory is kept between connections: as many as are ever in use in ordinary life.
  public static var warmSlots: Int { 4 }
  /// Connections that are accepted in a row before the loop serves everything else.
  public static var acceptsATurn: Int { 16 }
  /// How long accepting rests where descriptors or memory are short, so that the loop does not spin.
  public static var acceptPause: Interval { .milliseconds(100) }
  /// Connections that the kernel keeps for us; it lowers this to net.core.somaxconn. A thousand slow
  /// clients at once must not push a probe's SYN out.
  public static var backlog: Int32 { 4096 }
}
