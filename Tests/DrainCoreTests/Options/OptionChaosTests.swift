import Foundation
import Testing

@testable import DrainCore

/// Whatever the bytes, reading them ends in options or in one printable line. `DRAIN_SEED` names a seed.
@Suite struct OptionChaosTests {
  private static let seed =
    ProcessInfo.processInfo.environment["DRAIN_SEED"].flatMap { UInt64($0) } ?? 20_261_121

  /// Pieces that get past the first check of a parser, so that the later ones are reached.
  private static let pieces = [
    "--", "-", "=", "..", ":", "::", "[", "]", "@", "/", "?", "'", "\"", " ", "\n", ".", "-1", "+",
    "99999999999999999999", "0", "1", "255", "65535", "ms", "s", "m", "h", "SIG", "RTMIN+",
    "RTMAX-",
    "TERM", "http://", "https://", "tcp:", "exec:", "grpc:", "fd:", "PUT ", "GET http://h", "file:",
    "absent:", "probed:", "quiet:", "/33",
    "listening", "none", "ffff", "1.2.3.4", "::1", "off",
    "all", "group", "Name: value", "DRAINIT_", "_SERVICE_HOST", "_PORT_80_TCP", "tcp://",
    "\u{1b}[2J",
  ]

  private static func word(_ random: inout Random) -> [UInt8] {
    var word: [UInt8] = []
    for _ in 0..<random.below(6) {
      switch random.below(4) {
      case 0: word.append(UInt8(random.below(256)))
      case 1: word += bytes("\(OptionRow.all[random.below(OptionRow.all.count)].name)")
      default: word += bytes(pieces[random.below(pieces.count)])
      }
    }
    if random.once(in: 200) { word += Array(repeating: UInt8(random.below(256)), count: 5000) }
    return word
  }

  private static func option(_ random: inout Random) -> [UInt8] {
    if random.once(in: 4) { return word(&random) }
    let row = OptionRow.all[random.below(OptionRow.all.count)]
    if row.name.utf8CodeUnitCount == 0 { return [UInt8(ascii: "-"), row.letter] }
    return bytes("--\(row.name)") + (random.once(in: 2) ? bytes("=") + word(&random) : [])
  }

  private static func variable(_ random: inout Random) -> [UInt8] {
    let row = OptionRow.all[random.below(OptionRow.all.count)]
    let name = bytes("\(row.name)").map { $0.inVariable }
    return bytes("DRAINIT_") + (random.once(in: 4) ? word(&random) : name) + bytes("=")
      + word(&random)
  }

  @Test func anyBytesGiveOptionsOrOnePrintableLine() {
    var random = Random(seed: OptionChaosTests.seed)
    var accepted = 0
    for round in 0..<10_000 {
      var words: [[UInt8]] = []
      for _ in 0..<random.below(4) {
        words.append(OptionChaosTests.option(&random))
        if random.once(in: 2) { words.append(OptionChaosTests.word(&random)) }
      }
      if random.once(in: 2) { words.append(bytes("app")) }
      var environment: [[UInt8]] = []
      for _ in 0..<random.below(3) { environment.append(OptionChaosTests.variable(&random)) }

      let result = readBytes(words, environment)
      if let options = result.options {
        accepted += 1
        let isInside = options.commandIndex >= 0 && options.commandIndex <= words.count + 1
        #expect(isInside, "seed \(OptionChaosTests.seed), round \(round)")
      } else {
        let isPrintable = result.error.utf8.allSatisfy { $0.isPrintable } && !result.error.isEmpty
        #expect(isPrintable, "seed \(OptionChaosTests.seed), round \(round)")
      }
    }
    #expect(accepted > 200)
  }

  @Test func anyBytesGiveAValueOrAProblem() {
    var random = Random(seed: OptionChaosTests.seed)
    for _ in 0..<2_000 {
      let word = OptionChaosTests.word(&random)
      for row in OptionRow.all {
        var options = Options()
        try? row.set(&options, word.span)
      }
    }
  }
}
