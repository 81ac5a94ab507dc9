// The rule as bytes and back, for a drainit that comes back after a fault in the window. Of the peers only
// the one that held it longest is kept, and whether all of them were proxies.

extension QuietRule {
  /// How many bytes `append(to:)` writes.
  public static var encodedSize: Int { wordCount &* 8 }

  private static var wordCount: Int { 19 }

  // Told apart from any other build's: the number changes with the layout.
  private static var version: Int64 { 0x7175_6965_7401 }

  /// Appends the rule, `encodedSize` bytes.
  public func append(to buffer: inout ByteBuffer) {
    let holder = peers.holder ?? Peer()
    let words: InlineArray<19, Int64> = [
      QuietRule.version, drainedAt.nanoseconds, window.minimum.nanoseconds,
      window.maximum.nanoseconds, asked?.nanoseconds ?? -1, Int64(strongCount), Int64(weakCount),
      lastStrong.nanoseconds, lastWeak.nanoseconds, Int64(look.openConnections),
      peers.areProxies ? 1 : 0, Int64(truncatingIfNeeded: holder.address.bits >> 64),
      Int64(truncatingIfNeeded: holder.address.bits), Int64(holder.connections),
      Int64(holder.requests), holder.first.nanoseconds, holder.last.nanoseconds,
      holder.lastConnection.nanoseconds, holder.held.nanoseconds,
    ]
    for index in 0..<QuietRule.wordCount {
      let word = UInt64(bitPattern: words[index])
      for byte in 0..<8 { buffer.append(UInt8(truncatingIfNeeded: word >> UInt64(8 &* byte))) }
    }
  }

  /// Reads a rule back; nil where the bytes are none that this version wrote.
  ///
  /// What was open is forgotten: the first look of the new life tells it again.
  public init?(_ bytes: Span<UInt8>, now: Instant) {
    guard bytes.count == QuietRule.encodedSize,
      Int64(bitPattern: bytes.host64(at: 0)) == QuietRule.version
    else { return nil }
    var words = InlineArray<19, Int64>(repeating: 0)
    for index in 0..<QuietRule.wordCount {
      words[index] = Int64(bitPattern: bytes.host64(at: index &* 8))
    }
    let range = DrainRange(
      minimum: Interval(nanoseconds: words[2]), maximum: Interval(nanoseconds: words[3]))
    self.init(window: range, asked: words[4] < 0 ? nil : Interval(nanoseconds: words[4]))
    begin(at: Instant(nanoseconds: words[1]))
    strongCount = UInt32(truncatingIfNeeded: words[5])
    weakCount = UInt32(truncatingIfNeeded: words[6])
    lastStrong = Instant(nanoseconds: words[7])
    lastWeak = Instant(nanoseconds: words[8])
    look = LookResult(begunAt: now, openConnections: UInt32(truncatingIfNeeded: words[9]))
    var holder = Peer()
    let high = UInt128(UInt64(bitPattern: words[11]))
    holder.address = IPAddress(bits: high << 64 | UInt128(UInt64(bitPattern: words[12])))
    holder.connections = UInt32(truncatingIfNeeded: words[13])
    holder.requests = UInt32(truncatingIfNeeded: words[14])
    holder.first = Instant(nanoseconds: words[15])
    holder.last = Instant(nanoseconds: words[16])
    holder.lastConnection = Instant(nanoseconds: words[17])
    holder.held = Interval(nanoseconds: words[18])
    peers.restore(holder, areProxies: words[10] == 1)
  }
}
