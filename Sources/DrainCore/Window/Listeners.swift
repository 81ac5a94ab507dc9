/// What the app listens on, as far as it can be seen.
public enum Listeners: UInt8, BitwiseCopyable, Sendable {
  /// Nothing: there is nobody to protect.
  case none
  /// A UDP socket in the range that the kernel gives clients theirs from, and nothing else: nobody.
  case client
  /// UDP or UNIX sockets alone: there is somebody, but arrivals cannot be seen.
  case unseen
  /// TCP: arrivals can be seen.
  case tcp
  /// TCP, and beside it UDP or a UNIX socket that was named: TCP's silence says nothing of them.
  case both
  /// TCP, and there may be more: not all could be looked at.
  case partly
  /// It could not be found out, and what cannot be seen counts as there.
  case unknown
}
