import Foundation
import Testing

@testable import DrainCore

/// What the pages show of the log is what the log says: each line, and each part of one between backticks.
@Suite struct SampleLinesTests {
  /// A page of the user's, and the lines and parts of the log that it shows.
  private struct Page {
    let name: String
    var lines: [String] = []
    var parts: [String] = []
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static let pages: [Page] = {
    let walk = FileManager.default.enumerator(atPath: root.path + "/docker")
    let names = ["README.md"] + (walk?.compactMap { $0 as? String } ?? []).map { "docker/" + $0 }
    return names.compactMap { name in
      // Neither a picture's words nor a program's are a page's.
      guard !name.hasSuffix(".svg"), !name.hasSuffix(".py"),
        let text = try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
      else { return nil }
      var page = Page(name: name)
      page.lines = matches(#"(?m)^[ \t#]*(drainit: .*)$"#, in: text)
      if name.hasSuffix(".md") {
        // Between backticks, over a line's end but not a paragraph's or a block's.
        let prose = text.replacingOccurrences(
          of: "(?s)```.*?```", with: "", options: .regularExpression)
        page.parts = matches(#"`((?:[^`\n]|\n(?!\s*[\n|]))+)`"#, in: prose).map {
          $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
      }
      return page
    }
  }()

  private static func matches(_ pattern: String, in text: String) -> [String] {
    let expression = try? NSRegularExpression(pattern: pattern)
    let whole = NSRange(text.startIndex..., in: text)
    return (expression?.matches(in: text, range: whole) ?? []).compactMap {
      Range($0.range(at: $0.numberOfRanges - 1), in: text).map { String(text[$0]) }
    }
  }

  /// Programs that the pages name; `web` in what is rendered here.
  private static let programs = ["my-server", "my-worker", "/app/run.sh", "nginx", "web"]

  /// A line with every value in it replaced by its kind.
  static func shape(_ text: String) -> String {
    var text = text
    for program in programs {
      text = text.replacingOccurrences(
        of: #"(?<![\w/-])\#(program)(?![\w/-])"#, with: "PROGRAM", options: .regularExpression)
    }
    let kinds = [
      (#"\bSIG[A-Z]+[0-9+]*"#, "SIGNAL"), (#"\b\d+\.\d+\.\d+\.\d+"#, "ADDRESS"),
      (#"\bamd64|\barm64"#, "MACHINE"),
      (#"\b\d+h(\d+m)?(\d+s)?|\b\d+ms|\b\d+m(\d+s)?|\b\d+(\.\d)?s\b"#, "TIME"),
      (#"\b\d+\b"#, "NUMBER"), (#"\b(moment|arrival|connection|request)s?\b"#, "$1"),
    ]
    for (pattern, kind) in kinds {
      text = text.replacingOccurrences(of: pattern, with: kind, options: .regularExpression)
    }
    return text
  }

  private static let shapes = Set(LogSamples.lines.map(shape))

  /// What three words in a row say that something is of the log.
  private static func threes(_ shape: String) -> Set<String> {
    let words = shape.split(separator: " ").map { $0.trimmingCharacters(in: ["?", ",", ":", ";"]) }
    return Set(words.indices.dropLast(2).map { words[$0...$0 + 2].joined(separator: " ") })
  }

  private static let saidByLog = shapes.reduce(into: Set<String>()) { $0.formUnion(threes($1)) }

  /// Whether every piece between its ellipses is in one line that the log can have, in their order.
  static func isOfLog(_ text: String, whole: Bool) -> Bool {
    let pieces = shape(text).components(separatedBy: "...").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    return shapes.contains { line in
      if whole && pieces.count == 1 { return line == pieces[0] }
      if whole && !line.hasPrefix(pieces[0]) { return false }
      var rest = line[...]
      for piece in pieces where !piece.isEmpty {
        guard let place = rest.range(of: piece) else { return false }
        rest = rest[place.upperBound...]
      }
      return true
    }
  }

  @Test func theLinesThatPagesShowAreTheLogs() {
    let lines = SampleLinesTests.pages.flatMap { page in page.lines.map { (page.name, $0) } }
    #expect(lines.count >= 7)
    for (name, line) in lines where !line.contains("drained in") {
      #expect(SampleLinesTests.isOfLog(line, whole: true), "\(name): \(line)")
    }
  }

  @Test func thePartsOfLinesThatPagesShowAreTheLogs() {
    var count = 0
    for page in SampleLinesTests.pages {
      for part in page.parts {
        let words = SampleLinesTests.threes(SampleLinesTests.shape(part))
        if words.isDisjoint(with: SampleLinesTests.saidByLog) { continue }
        count += 1
        #expect(SampleLinesTests.isOfLog(part, whole: false), "\(page.name): \(part)")
      }
    }
    #expect(count >= 12)
  }

  // MARK: Summaries

  /// The values of a summary's line.
  private struct Sample {
    let window, saved, last: Interval
    let arrivals, open: UInt32
    let end: WindowEnd
    let rest: String

    init?(_ line: String) throws {
      let pattern =
        #"drainit: drained in (\S+) \((quiet|closed)(?:; (\S+) saved)?\): (\d+) late arrivals?"#
        + #"(?: in only \d+ moments?)?, last at \+([^,]+), (?:(\d+) connections? open)?(.*)"#
      guard let found = try Regex(pattern).wholeMatch(in: line) else { return nil }
      func value(_ index: Int) -> String { found.output[index].substring.map(String.init) ?? "0" }
      func time(_ index: Int) throws -> Interval {
        try Interval(parsing: Array(value(index).utf8).span)
      }
      window = try time(1)
      end = value(2) == "closed" ? .closed : .quiet
      saved = try time(3)
      arrivals = try #require(UInt32(value(4)))
      last = try time(5)
      open = try #require(UInt32(value(6)))
      rest = value(7)
    }
  }

  /// Takes a stop with these arrivals, evenly spread, through the rule that ships: the evidence at the
  /// window's end, and when it ends.
  private func stop(_ sample: Sample, from minimum: Interval) -> (TrafficEvidence, Interval) {
    var rule = QuietRule(
      window: DrainRange(minimum: minimum, maximum: sample.window + sample.saved))
    let start = Instant(nanoseconds: 0)
    rule.begin(at: start)
    var next: Int64 = 1
    while true {
      let look = rule.nextLook
      while next <= Int64(sample.arrivals) {
        let share = sample.last.nanoseconds / Int64(sample.arrivals) * next
        let isLast = next == Int64(sample.arrivals)
        let at = start + (isLast ? sample.last : Interval(nanoseconds: share))
        if at > look { break }
        rule.arrived(Arrival(.connection, at: at, from: .v4(UInt32(next))))
        next += 1
      }
      rule.looked(LookResult(begunAt: look, openConnections: sample.open))
      if rule.isQuiet(look) || look.since(start) > .seconds(3_600) {
        return (rule.evidence, look.since(start))
      }
    }
  }

  /// Each summary, taken apart, goes through the rule and is written again by what writes it.
  @Test func theSummariesThatPagesShowAreThoseOfTheRule() throws {
    let lines = SampleLinesTests.pages.flatMap { page in page.lines.map { (page.name, $0) } }
      .filter { $0.1.contains("drained in") || $0.1.contains("held for") }
    #expect(lines.count >= 3)
    for (name, line) in lines {
      guard let sample = try Sample(line) else {
        Issue.record("\(name): no summary: \(line)")
        continue
      }
      let isLong = sample.window + sample.saved > .seconds(12)
      let minimum = Interval.seconds(isLong ? 15 : 5)
      let (evidence, end) = stop(sample, from: minimum)
      // It ends at a look, of which there is one a second at most.
      #expect(
        sample.window >= end - .milliseconds(50) && sample.window <= end + .seconds(1),
        "\(name): the rule ends it after \(end.nanoseconds / 1_000_000) ms: \(line)")
      let range = DrainRange(minimum: minimum, maximum: sample.window + sample.saved)
      var context = LogSamples.context(range)
      context.evidence = evidence
      let took = SampleLinesTests.matches(#" after (\S+)$"#, in: line).first ?? "0.4s"
      let written = LogSamples.line(
        .ended(.exited(code: 0)), context,
        LogSamples.ended(
          sample.end, after: sample.window, stopped: try Interval(parsing: Array(took.utf8).span)))
      let isCut = line.hasSuffix("...")
      let shown = isCut ? String(line.dropLast(3)) : line.replacing("my-server", with: "web")
      #expect(isCut ? written.hasPrefix(shown) : written == shown, "\(name): \(written)")
    }
  }

  @Test func thePageNamesEachFieldOfTheSummary() throws {
    let parts = try #require(SampleLinesTests.pages.first { $0.name == "docker/docs/window.md" })
    var fields: Set<String> = []
    for line in LogSamples.summariesInJSON {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      fields.formUnion(try #require(object).keys)
    }
    fields.subtract(["time", "level", "event", "message"])
    #expect(fields.count == 12)
    for field in fields { #expect(parts.parts.contains(field), "\(field)") }
  }

  @Test func aFalseSampleIsSeen() {
    func isOfLog(_ text: String, whole: Bool = false) -> Bool {
      SampleLinesTests.isOfLog(text, whole: whole)
    }
    let begin = "drainit: SIGTERM: draining for 2s to 9s"
    #expect(isOfLog(begin + ", then SIGTERM to web (pid 8)", whole: true))
    #expect(!isOfLog(begin, whole: true))
    #expect(isOfLog("held by 10.0.0.7: requests on an open connection"))
    #expect(!isOfLog("held by 10.0.0.7: asks on an open connection"))
    #expect(isOfLog("no endpoint: port 80: ...") && !isOfLog("... no endpoint: port 80: x"))
  }
}
