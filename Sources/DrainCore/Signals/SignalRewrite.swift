/// One `--rewrite A:B`.
public struct SignalRewrite: Equatable, BitwiseCopyable, Sendable {
  public var from: Signal
  /// What is passed on instead; `.none` for nothing.
  public var to: Signal

  public init(from: Signal, to: Signal) {
    self.from = from
    self.to = to
  }
}
