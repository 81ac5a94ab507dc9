import DrainCore

/// What a connection of the endpoint has come to.
struct HTTPConnection: BitwiseCopyable {
  enum Stage: UInt8 {
    /// The slot holds none.
    case free
    /// The request's head is not whole.
    case reading
    /// The request is whole and nobody has looked at it.
    case arrived
    /// The request waits for its answer.
    case held
    /// The answer is on its way, but the client is slow to take it.
    case sending
    /// The answer is out, and what the client still sends is dropped.
    case lingering
  }

  /// What is known of bytes after the request: where there are some, a close would send a reset, which
  /// can cost the client its answer (RFC 9112, section 9.6).
  enum Unread: UInt8 {
    case none
    /// Some may have come since the last read.
    case unsure
    /// There are some, or more are announced.
    case some
  }

  var stage = Stage.free
  /// The descriptor's number, which the slot owns.
  var number: Int32 = -1
  /// The other side's address.
  var peer = IPAddress(bits: 0)
  /// Counts the connections that the slot has held.
  var generation: UInt32 = 0
  /// Counts all connections, so that the oldest is found.
  var order: UInt64 = 0
  /// What the loop watches it for; nil where it does not.
  var interest: Interest?
  var deadline = Instant.never
  var parser = HTTPRequestParser()
  var request: HTTPRequest?
  /// The bytes in the slot's memory: of the request's head, or of the answer.
  var filled = 0
  /// How much of the answer has been sent.
  var sent = 0
  /// Whether bytes are there that nobody has read.
  var unread = Unread.none
  /// How many bytes were dropped after the answer.
  var dropped = 0
}
