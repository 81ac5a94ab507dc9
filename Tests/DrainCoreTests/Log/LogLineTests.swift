import Foundation
import Testing

@testable import DrainCore

@Suite struct LogLineTests {
  private func line(_ event: LogEvent, program: String, json: Bool) -> String {
    let plan = DrainPlan(window: WindowSource.elsewhere.window, source: .elsewhere)
    var context = LogContext(program: Array(program.utf8), gate: [], plan: plan)
    context.isJSON = json
    var buffer = ByteBuffer(capacity: LogLine.longest)
    var scratch = ByteBuffer(capacity: LogLine.longest)
    let time = Interval(nanoseconds: 951_782_399_987_000_000)
    buffer.appendLine(
      event, LifecycleState(), context, time: time, scratch: &scratch)
    return text(buffer)
  }

  @Test func anAppsNameCannotWriteToTheTerminal() {
    let line = line(.notExecuted(errno: 2), program: "a\u{1b}[2J\n", json: false)
    #expect(line == "drainit: a?[2J? cannot be started: no such file or directory\n")
  }

  @Test func aJSONLineIsOneObjectWhateverTheNameIs() throws {
    let line = line(.notExecuted(errno: 13), program: "a\"\\\u{e9}\n", json: true)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["time"] as? String == "2000-02-28T23:59:59.987Z")
    #expect(object["level"] as? String == "warning")
    #expect(object["message"] as? String == "a\"\\??? cannot be started: permission denied")
    #expect(line.hasSuffix("}\n"))
  }
}
