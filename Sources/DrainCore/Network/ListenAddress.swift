/// Where the endpoint listens.
public enum ListenAddress: Equatable, Sendable {
  /// `off`: there is no endpoint.
  case off
  /// A port on an address; nil for every one.
  case on(address: IPAddress?, port: UInt16)
}
