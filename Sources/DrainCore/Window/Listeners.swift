/// What the app listens on, as far as it can be seen.
public enum Listeners: UInt8, BitwiseCopyable, Sendable {
  /// Nothing: there is nobody to protect.
  case none
  /// UDP alone: there is somebody, but arrivals cannot be seen.
  case udp
  /// TCP: arrivals can be seen.
  case tcp
  /// It could not be found out, and what cannot be seen counts as there.
  case unknown
}
