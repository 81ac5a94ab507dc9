/// One `--exit-map FROM:TO`.
public struct ExitRewrite: Equatable, BitwiseCopyable, Sendable {
  public var from: UInt8
  public var to: UInt8

  public init(from: UInt8, to: UInt8) {
    self.from = from
    self.to = to
  }
}
