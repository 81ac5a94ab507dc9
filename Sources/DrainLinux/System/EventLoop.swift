import CLinux
import DrainCore

/// What a descriptor is watched for; an error or a hang-up is always told.
public struct Interest: Equatable, BitwiseCopyable, Sendable {
  let bits: UInt32

  /// Nothing but errors and hang-ups.
  public static var failure: Interest { Interest(bits: 0) }
  /// Something to read.
  public static var reading: Interest { Interest(bits: linux_EPOLLIN) }
  /// Something more to read than at the last event: each is told of once (EPOLLET).
  public static var arrivals: Interest { Interest(bits: linux_EPOLLIN | linux_EPOLLET) }
  /// Room to write.
  public static var writing: Interest { Interest(bits: linux_EPOLLOUT) }
  /// Either.
  public static var both: Interest { Interest(bits: linux_EPOLLIN | linux_EPOLLOUT) }
}

/// One descriptor that has become ready, and for what.
public struct ReadyEvent: BitwiseCopyable, Sendable {
  /// As it was given when the descriptor was added.
  public let token: EventToken
  let bits: UInt32

  /// Whether the other side is gone or the descriptor has an error; the next call on it says which.
  public var hasFailed: Bool { bits & (linux_EPOLLERR | linux_EPOLLHUP) != 0 }
}

/// The one place where drainit waits: for descriptors and for the next deadline (epoll(7)).
public struct EventLoop: ~Copyable {
  /// How many events one turn takes at most: enough that a turn's own cost does not show, few enough
  /// that a signal never waits long behind probes.
  public static var eventsATurn: Int { 32 }

  private let descriptor: FileDescriptor
  private var events = InlineArray<32, epoll_event>(repeating: epoll_event())
  private var count = 0

  /// Makes a loop that watches nothing.
  ///
  /// The corresponding C function is `epoll_create1`.
  public init() throws(Errno) {
    guard let descriptor = FileDescriptor(owning: epoll_create1(linux_EPOLL_CLOEXEC)) else {
      throw Errno.last
    }
    self.descriptor = descriptor
  }

  /// The loop's own descriptor, for whoever closes what drainit does not need.
  public var number: Int32 { descriptor.number }

  /// Watches a descriptor; what is to be done with its events must be in place before.
  ///
  /// The corresponding C function is `epoll_ctl` with EPOLL_CTL_ADD.
  public borrowing func add(_ number: Int32, _ token: EventToken, _ interest: Interest)
    throws(Errno)
  {
    try control(linux_EPOLL_CTL_ADD, number, token, interest)
  }

  /// Watches a descriptor for something else from now on.
  ///
  /// The corresponding C function is `epoll_ctl` with EPOLL_CTL_MOD.
  public borrowing func modify(_ number: Int32, _ token: EventToken, _ interest: Interest)
    throws(Errno)
  {
    try control(linux_EPOLL_CTL_MOD, number, token, interest)
  }

  /// Watches a descriptor no longer. Closing it does the same where no child holds a copy.
  ///
  /// The corresponding C function is `epoll_ctl` with EPOLL_CTL_DEL.
  public borrowing func remove(_ number: Int32) throws(Errno) {
    try control(linux_EPOLL_CTL_DEL, number, EventToken(bits: 0), .failure)
  }

  /// Waits until something is ready or the deadline has come; without one, for ever.
  ///
  /// Returns how many events there are: 0 at the deadline, and possibly before it, so the caller
  /// looks at the clock. It never comes back early by rounding. -1 where the system refuses the wait.
  ///
  /// The corresponding C function is `epoll_wait`.
  public mutating func wait(until deadline: Instant?) -> Int {
    let number = descriptor.number
    let timeout = EventLoop.timeout(until: deadline)
    var span = events.mutableSpan
    count = span.withUnsafeMutableBufferPointer { buffer in
      Int(epoll_wait(number, buffer.baseAddress, Int32(buffer.count), timeout))
    }
    // An interruption is not retried: the handler's work is waiting in a pipe of ours.
    return count < 0 && Errno.last.isInterrupted ? 0 : count
  }

  /// The event at `index`, 0 until the last `wait`'s count.
  public subscript(index: Int) -> ReadyEvent {
    // In place: a getter would be handed a copy of all events.
    mutating get {
      let event = events[index]
      return ReadyEvent(token: EventToken(bits: event.data.u64), bits: event.events)
    }
  }

  private static func timeout(until deadline: Instant?) -> Int32 {
    guard let deadline, deadline != .never else { return -1 }
    // 24 days at most: the caller comes back and waits on.
    return Int32(
      truncatingIfNeeded: min(
        deadline.since(Clock.now()).millisecondsRoundedUp, Int64(Int32.max)))
  }

  private borrowing func control(
    _ operation: Int32, _ number: Int32, _ token: EventToken, _ interest: Interest
  ) throws(Errno) {
    var event = epoll_event()
    event.events = interest.bits
    event.data.u64 = token.bits
    if epoll_ctl(descriptor.number, operation, number, &event) == -1 { throw Errno.last }
  }
}
