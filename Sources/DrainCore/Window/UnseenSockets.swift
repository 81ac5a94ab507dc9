// Sockets whose arrivals nothing shows: those of UDP and of UNIX.

/// What the user has named of the app's sockets.
public struct NamedSockets: Equatable, BitwiseCopyable, Sendable {
  /// A TCP or UDP port: `--port PORT`.
  public var hasPort = false
  /// A UNIX socket: `--port PATH`, `--ready unix:PATH`, or a `file:` of `--ready` that is a socket.
  public var hasLocal = false
  /// A `--ready` check that asks the app over TCP: there is somebody, whatever is found.
  public var asksApp = false

  public init() {}

  /// Whether the user has said that the app takes connections.
  public var isAny: Bool { hasPort || hasLocal || asksApp }
}

extension AppListeners {
  /// The answer in a word, for the drain signal: what cannot be seen counts as there.
  public func verdict(_ named: NamedSockets = NamedSockets()) -> Listeners {
    let isUnseen = hasDatagrams || hasLocal || named.hasLocal
    if !ports.isEmpty { return isUnseen ? .both : isPartial ? .partly : .tcp }
    if isUnseen { return .unseen }
    if isPartial || named.hasPort { return .unknown }
    if named.asksApp { return .unseen }
    return clientPort == 0 ? .none : .client
  }

  /// What the app has where it has no TCP listener.
  public var otherListener: OtherListener {
    if hasLocal { return .local }
    if datagramPort != 0 { return .datagrams(port: datagramPort) }
    return clientPort == 0 ? .none : .datagrams(port: clientPort)
  }
}

/// What an app listens on that waits in vain for a TCP listener.
public enum OtherListener: Equatable, BitwiseCopyable, Sendable {
  case none
  /// A UDP socket that is not connected.
  case datagrams(port: UInt16)
  /// A UNIX socket.
  case local
}
