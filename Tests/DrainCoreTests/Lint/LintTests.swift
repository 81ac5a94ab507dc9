import Foundation
import Testing

@testable import DrainCore

/// What --lint says of a text; nil where it cannot be read.
private func lint(_ text: String, asJSON: Bool = false) -> [String]? {
  guard let lint = try? Lint.looking(at: buffer(Array(text.utf8))) else { return nil }
  var lines: [String] = []
  for index in 0..<lint.count {
    var out = ByteBuffer(capacity: Lint.longestLine)
    lint.append(index, asJSON: asJSON, to: &out)
    lines.append(String(out.text.dropLast()))
  }
  return lint.pods == 0 ? ["no pod"] : lines
}

/// A Deployment of one container; what is said last wins nothing: the first of a name counts.
private func deployment(
  container: String = "", pod: String = "", spec: String = #""replicas":3"#
) -> String {
  #"{"kind":"Deployment","metadata":{"name":"web"},"spec":{\#(spec),"template":{"#
    + #""metadata":{"labels":{"app":"web","tier":"1"}},"spec":{\#(pod)"containers":[{\#(container)"#
    + #""image":"x"}]}}}}"#
}

private let grace = #""env":[{"name":"DRAINIT_GRACE","value":"30s"}],"#
private let probe =
  #""readinessProbe":{"httpGet":{"path":"/readyz","port":14315},"periodSeconds":2,"failureThreshold":1},"#
private let port = #""ports":[{"name":"http","containerPort":8080}],"#
private let good = grace + probe + port

private func env(_ pairs: String...) -> String {
  var list: [String] = []
  for index in stride(from: 0, to: pairs.count, by: 2) {
    list.append(#"{"name":"DRAINIT_\#(pairs[index])","value":"\#(pairs[index + 1])"}"#)
  }
  return #""env":[\#(list.joined(separator: ","))],"#
}

@Suite struct LintTests {
  @Test func whatIsRightIsSilent() {
    #expect(lint(deployment(container: good)) == [])
    let command = #""command":["/drainit","--"],"args":["x"],"#
    #expect(lint(deployment(container: command + probe + port)) == [])
    // What the kubelet fills in is not known.
    let filled = env("GRACE", "30s", "ON_READY", "PUT http://$(NODE_IP):8500/")
    #expect(lint(deployment(container: filled + probe + port)) == [])
    let hook = #""command":["/drainit","--grace","30s","--on-drain","p $(A)","--"],"args":["x"],"#
    #expect(lint(deployment(container: hook + probe + port)) == [])
  }

  @Test(arguments: [
    (
      "the window needs more", env("DRAIN", "5s..60s") + probe + port, "", "error",
      "[grace]"
    ),
    (
      "the grace is said too long", env("GRACE", "60s") + probe + port, "", "error",
      "[grace-differs]"
    ),
    (
      "the pod has too little for the default", grace + probe + port,
      #""terminationGracePeriodSeconds":9,"#, "error",
      "[grace]"
    ),
    (
      "an option is wrong", env("DRIAN", "5s") + probe + port, "", "error",
      "containers[0]: DRAINIT_DRIAN: no option"
    ),
    ("no readiness", grace + port, "", "error", "containers[0].readinessProbe: there is none"),
    (
      "a sleep beside",
      good + #""lifecycle":{"preStop":{"exec":{"command":["sh","-c","exec sleep 15"]}}},"#, "",
      "error", "[waits-twice]"
    ),
    (
      "the kubelet's own sleep", good + #""lifecycle":{"preStop":{"sleep":{"seconds":15}}},"#, "",
      "error", "[waits-twice]"
    ),
    (
      "a shell", good + #""args":["/bin/sh","-c","my-server"],"#, "", "note",
      "[shell]"
    ),
    (
      "the app's port, fast",
      grace + port + #""readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":3},"#, "",
      "error", "[probes-app-fast]"
    ),
    (
      "by name", grace + port + #""readinessProbe":{"grpc":{"port":"http"},"periodSeconds":1},"#,
      "", "error", "[probes-app-fast]"
    ),
    (
      "the app's port", grace + port + #""readinessProbe":{"tcpSocket":{"port":8080}},"#, "",
      "note", "readinessProbe: asks the app,"
    ),
    (
      "liveness is readiness",
      good + #""livenessProbe":{"httpGet":{"path":"/readyz","port":14315}},"#, "", "error",
      "livenessProbe: /readyz fails"
    ),
    (
      "two on one port", good + #""x":0},{"# + good, "", "error",
      "[same-port]"
    ),
    (
      "a host's port", grace + probe + #""ports":[{"hostPort":80}],"#, "", "note",
      "ports: a hostPort"
    ),
    (
      "shared processes", good, #""shareProcessNamespace":true,"#, "note",
      "template.spec.shareProcessNamespace"
    ),
    ("a worker", grace, "", "note", "containers[0].env: no port"),
    ("alone", #""readinessProbe":{},"# + port, "", "error", "lifecycle.preStop: nothing waits"),
    (
      "alone, not ready", port + #""lifecycle":{"preStop":{"httpGet":{}}},"#, "", "error",
      "readinessProbe: there is none"
    ),
    (
      "alone, asleep",
      port + #""readinessProbe":{},"lifecycle":{"preStop":{"exec":{"command":["sleep","9"]}}},"#,
      "", "note", "lifecycle.preStop: a fixed wait"
    ),
  ])
  func eachRuleFindsItsCase(
    _ name: String, _ container: String, _ pod: String, _ level: String, _ words: String
  ) throws {
    let lines = try #require(lint(deployment(container: container, pod: pod)))
    #expect(lines.count == 1, "\(name): \(lines)")
    #expect(
      lines.allSatisfy { $0.hasPrefix("\(level): Deployment/web: spec.") && $0.contains(words) },
      "\(name): \(lines)")
  }

  @Test(arguments: [
    #""sleep":{"seconds":30}"#, #""exec":{"command":["sleep","30"]}"#,
    #""exec":{"command":["/bin/sh","-c","sleep 40; true"]}"#,
  ])
  func asleepTillTheGraceIsOverLosesEverything(_ stop: String) throws {
    let container = port + #""readinessProbe":{},"lifecycle":{"preStop":{\#(stop)}},"#
    let lines = try #require(lint(deployment(container: container)))
    #expect(lines.contains { $0.contains("terminationGracePeriodSeconds: the preStop sleep") })
  }

  @Test(arguments: [
    (#""replicas":1,"strategy":{"rollingUpdate":{"maxUnavailable":1}}"#, true),
    (#""replicas":3,"strategy":{"rollingUpdate":{"maxUnavailable":"100%"}}"#, true),
    (#""replicas":1,"strategy":{"rollingUpdate":{"maxUnavailable":"25%"}}"#, false),
    (#""replicas":1,"strategy":{"rollingUpdate":{"maxUnavailable":0}}"#, false),
    (#""replicas":2,"strategy":{"rollingUpdate":{"maxUnavailable":1}}"#, false),
  ])
  func theOnlyPodStays(_ spec: String, _ isFound: Bool) throws {
    let lines = try #require(lint(deployment(container: good, spec: spec)))
    #expect(lines.contains { $0.contains("[max-unavailable]") } == isFound, "\(lines)")
    let isOne = spec.contains(#""replicas":1"#)
    #expect(lines.contains { $0.contains("[one-replica]") } == isOne, "\(lines)")
  }

  private func list(_ service: String, _ container: String = good) -> String {
    #"{"kind":"List","items":[\#(deployment(container: container)),{"kind":"Service","spec":"#
      + #"{\#(service)}}]}"#
  }

  @Test func aServiceAsksOfThePodsThatItSelects() throws {
    let local = #""externalTrafficPolicy":"Local","selector":{"tier":"1","app":"web"}"#
    let missing = "[disruption-missing]"
    let lines = try #require(lint(list(local)))
    #expect(lines.count == 2 && lines[0].contains("[local-policy]"), "\(lines)")
    let end = env("GRACE", "30s", "UNREADY_AFTER", "end") + probe + port
    #expect(lint(list(local, end))?.allSatisfy { $0.contains(missing) } == true)
    #expect(lint(list(#""externalTrafficPolicy":"Local","selector":{"app":"other"}"#)) == [])
    #expect(lint(list(#""externalTrafficPolicy":"Local","selector":{}"#)) == [])
    #expect(lint(list(#""type":"ClusterIP","selector":{"app":"web"}"#))?.count == 1)
  }

  @Test func everyShapeOfPodIsFound() throws {
    let spec = #""spec":{"containers":[{"name":"x",\#(grace + port)"a":1}]}"#
    let pod = try #require(lint(#"{"kind":"Pod",\#(spec)}"#))
    #expect(pod.count == 1 && pod[0].contains(": spec.containers[0].readinessProbe"), "\(pod)")
    let set = try #require(lint(#"[{"kind":"DaemonSet","spec":{"template":{\#(spec)}}}]"#))
    #expect(set.count == 1 && set[0].contains(": spec.template.spec.containers[0].rea"), "\(set)")
    // Nobody connects to what runs once.
    #expect(lint(#"[{"kind":"Job","spec":{"template":{\#(spec)}}}]"#) == [])
    #expect(
      lint(#"{"kind":"CronJob","spec":{"jobTemplate":{"spec":{"template":{\#(spec)}}}}}"#) == [])
    #expect(lint("{}") == nil)
    #expect(lint("[]") == ["no pod"])
    #expect(lint(#"{"kind":"List","items":{"a":{"spec":5}}}"#) == nil)
  }

  @Test func aFindingIsOneJSONObject() throws {
    let lines = try #require(lint(deployment(container: grace + port), asJSON: true))
    #expect(
      lines == [
        #"{"level":"error","rule":"no-readiness","kind":"Deployment","name":"web","path":"#
          + #""spec.template.spec.containers[0].readinessProbe","message":"there is none: "#
          + #"traffic comes before the app can answer; httpGet /readyz port 14315"}"#
      ])
  }

  @Test func anAnnotationSilencesRulesByName() throws {
    func annotated(_ names: String) -> String {
      deployment(container: grace + port).replacing(
        #""metadata":{"name":"web"}"#,
        with: #""metadata":{"name":"web","annotations":{"drainit.lint/ignore":"\#(names)"}}"#)
    }
    #expect(lint(annotated("worker, no-readiness")) == [])
    #expect(lint(annotated("worker"))?.count == 1)
    let lines = try #require(lint(annotated("no-readyness")))
    #expect(lines.count == 2 && lines.contains { $0.contains("[unknown-rule]") }, "\(lines)")
  }

  private var rules: [LintRule] { (0..<UInt8.max).compactMap(LintRule.init(rawValue:)) }

  /// docker/docs/lint.md has a row for each rule, and for no other.
  @Test func thePageHasEveryRule() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appendingPathComponent("docker/docs/lint.md"), encoding: .utf8)
    var rows: [String: String] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      rows[cells[0].trimmingCharacters(in: ["`"])] = cells[1]
    }
    var levels: [String: Set<String>] = [:]
    for rule in rules {
      let name = String(decoding: rule.name, as: UTF8.self)
      levels[name, default: []].insert(rule.isError ? "error" : "note")
    }
    #expect(rows == levels.mapValues { $0.sorted().joined(separator: " or ") })
  }

  @Test func everyRuleHasALineOfItsOwn() {
    for rule in rules { #expect(!rule.name.isEmpty && !rule.path.isEmpty, "\(rule)") }
    #expect(String(decoding: LintRule.repeatedName.name, as: UTF8.self) == "name-twice")
    #expect(String(decoding: LintRule.udp.name, as: UTF8.self) == "udp")
  }

  @Test func aListIsLookedAtInLinearTime() throws {
    let one = deployment(container: good)
    let items = Array(repeating: one, count: 3000).joined(separator: ",")
    #expect(lint("[\(items)]") == [])
  }
}
