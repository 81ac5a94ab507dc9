import Testing

@testable import DrainCore

@Suite struct OptionTableTests {
  @Test func noNameOrLetterIsTwiceInTheTable() {
    let names = OptionRow.all.map { "\($0.name)" }.filter { !$0.isEmpty }
    #expect(Set(names).count == names.count)
    let letters = OptionRow.all.map(\.letter).filter { $0 != 0 }
    #expect(Set(letters).count == letters.count)
    // A row without a heading of its own place would print its heading twice.
    let sections = OptionRow.all.map(\.section.rawValue)
    #expect(sections == sections.sorted())
  }

  @Test func whatSetsTheSameIsCountedInOnePlace() {
    let others: [UInt8: String] = [
      UInt8(ascii: "g"): "signal-to", UInt8(ascii: "c"): "signal-to", UInt8(ascii: "e"): "exit-map",
    ]
    for (index, row) in OptionRow.all.enumerated() {
      let counter = OptionRow.index(sameAs: index)
      #expect("\(OptionRow.all[counter].name)" == others[row.letter] ?? "\(row.name)")
    }
  }

  @Test func noVariableLooksLikeOneThatKubernetesMakes() {
    for row in OptionRow.all where row.hasVariable {
      let name = bytes("\(row.name)".uppercased().split(separator: "-").joined(separator: "_"))
      let value = bytes("80")
      let isLink = isServiceLink(name.span, value: value.span)
      #expect(!isLink)
      #expect(name != bytes("VERSION"))
    }
  }

  @Test func helpIsOneScreen() {
    var help = ByteBuffer(capacity: OptionLimits.helpBytes)
    help.appendHelp(all: false)
    let lines = text(help).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count <= 24)
    for line in lines { #expect(line.utf8.count <= 80, "\(line)") }
    #expect(text(help).contains("\n  --drain MIN..MAX         after "))
    #expect(text(help).contains("\n  -q, --quiet              log "))
  }

  @Test func helpAllHasEveryOption() {
    var help = ByteBuffer(capacity: OptionLimits.helpBytes)
    help.appendHelp(all: true)
    #expect(help.cut == 0)
    for row in OptionRow.all where row.name.utf8CodeUnitCount > 0 {
      #expect(text(help).contains("--\(row.name)"), "\(row.name)")
    }
    for row in OptionRow.all where row.letter != 0 {
      #expect(text(help).contains("  -\(Unicode.Scalar(row.letter))"))
    }
    for line in text(help).split(separator: "\n") { #expect(line.utf8.count <= 80, "\(line)") }
  }
}
