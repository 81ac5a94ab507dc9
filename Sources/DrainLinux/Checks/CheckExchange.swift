import CLinux
import DrainCore

/// How far a check has come.
struct CheckExchange: BitwiseCopyable {
  enum Stage: UInt8 {
    case idle
    /// The host's name is being resolved.
    case resolving
    case connecting
    case sending
    case receiving
    /// It has failed, and the answer's first words are still to come.
    case sayingWhy
    /// The outcome is told; the rest of the answer is read and dropped.
    case draining
  }

  var stage = Stage.idle
  /// The descriptor's number, which the runner owns.
  var number: Int32 = -1
  /// Counts the connections that were made.
  var generation: UInt32 = 0
  /// What the loop watches it for; nil where it does not.
  var interest: Interest?
  var deadline = Instant.never
  var addresses = AddressList()
  /// The index of the address after the present one.
  var next = 0
  /// Why the first address did not answer, where `hasFailed` says that it did not; what the answer says.
  var failure = CheckFailure.noAddress
  var hasFailed = false
  var sent = 0
  var received = 0
  var httpReply = HTTPReplyParser()
  var grpcReply = GRPCReplyParser()
}

extension CheckFailure {
  /// What a failed connect says.
  init(_ error: Errno) {
    switch error.number {
    case ECONNREFUSED: self = .refused
    case ETIMEDOUT: self = .timedOut
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: self = .noResources
    default: self = .unreachable
    }
  }
}
