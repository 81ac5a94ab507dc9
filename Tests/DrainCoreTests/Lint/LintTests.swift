import Testing

@testable import DrainCore

/// What --lint says of a JSON text; nil where it is no JSON.
private func lint(_ text: String) -> [String]? {
  let bytes = Array(text.utf8)
  var buffer = ByteBuffer(capacity: bytes.count + 1)
  buffer.append(bytes.span)
  guard let document = try? JSONDocument(buffer) else { return nil }
  var lint = Lint(document)
  var out = ByteBuffer(capacity: 1 << 16)
  lint.run(into: &out)
  var lines = ""
  for index in 0..<out.count { lines.unicodeScalars.append(Unicode.Scalar(out.bytes[index])) }
  return lint.pods == 0 ? ["no pod"] : lines.split(separator: "\n").map(String.init)
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
  #""readinessProbe":{"httpGet":{"path":"/readyz","port":14315},"periodSeconds":5},"#
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
  }

  @Test(arguments: [
    (
      "the window needs more", env("DRAIN", "5s..60s") + probe + port, "", "error",
      "terminationGracePeriodSeconds: less than the plan"
    ),
    (
      "the grace is said too long", env("GRACE", "60s") + probe + port, "", "error",
      "terminationGracePeriodSeconds: less than --grace"
    ),
    (
      "the pod has too little for the default", grace + probe + port,
      #""terminationGracePeriodSeconds":9,"#, "error",
      "terminationGracePeriodSeconds: less than the plan"
    ),
    (
      "an option is wrong", env("DRIAN", "5s") + probe + port, "", "error",
      "containers[0]: DRAINIT_DRIAN: no option"
    ),
    ("no readiness", grace + port, "", "error", "containers[0].readinessProbe: there is none"),
    (
      "a sleep beside",
      good + #""lifecycle":{"preStop":{"exec":{"command":["sh","-c","exec sleep 15"]}}},"#, "",
      "error", "lifecycle.preStop: a sleep"
    ),
    (
      "the kubelet's own sleep", good + #""lifecycle":{"preStop":{"sleep":{"seconds":15}}},"#, "",
      "error", "lifecycle.preStop: a sleep"
    ),
    (
      "a shell", good + #""args":["/bin/sh","-c","my-server"],"#, "", "error",
      "containers[0].command: sh -c"
    ),
    (
      "the app's port, fast",
      grace + port + #""readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":3},"#, "",
      "error", "readinessProbe: asks the app's port"
    ),
    (
      "by name", grace + port + #""readinessProbe":{"grpc":{"port":"http"},"periodSeconds":1},"#,
      "", "error", "readinessProbe: asks the app's port"
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
      "containers[1].env: another container's"
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
    (#""strategy":{"rollingUpdate":{"maxUnavailable":1}}"#, true),
    (#""replicas":1,"strategy":{"rollingUpdate":{"maxUnavailable":"100%"}}"#, true),
    (#""replicas":1,"strategy":{"rollingUpdate":{"maxUnavailable":"25%"}}"#, false),
    (#""replicas":1,"strategy":{"rollingUpdate":{"maxUnavailable":0}}"#, false),
    (#""replicas":2,"strategy":{"rollingUpdate":{"maxUnavailable":1}}"#, false),
  ])
  func theOnlyPodStays(_ spec: String, _ isFound: Bool) throws {
    let lines = try #require(lint(deployment(container: good, spec: spec)))
    #expect(lines == [] || isFound)
    #expect(lines.contains { $0.contains("spec.strategy.rollingUpdate.maxUnavailable") } == isFound)
  }

  private func list(_ service: String, _ container: String = good) -> String {
    #"{"kind":"List","items":[\#(deployment(container: container)),{"kind":"Service","spec":"#
      + #"{\#(service)}}]}"#
  }

  @Test func aServiceAsksOfThePodsThatItSelects() throws {
    let local = #""externalTrafficPolicy":"Local","selector":{"tier":"1","app":"web"}"#
    let lines = try #require(lint(list(local)))
    #expect(lines.contains { $0.contains("containers[0].env: externalTrafficPolicy: Local") })
    #expect(lines.contains { $0.hasPrefix("note: ") && $0.contains("readinessProbe: period x") })
    let end =
      env("GRACE", "30s", "UNREADY_AFTER", "end") + port
      + #""readinessProbe":{"httpGet":{"path":"/readyz","port":14315},"periodSeconds":2},"#
    #expect(lint(list(local, end)) == [])
    #expect(lint(list(#""externalTrafficPolicy":"Local","selector":{"app":"other"}"#)) == [])
    #expect(lint(list(#""type":"ClusterIP","selector":{"app":"web"}"#)) == [])
  }

  @Test func everyShapeOfPodIsFound() throws {
    let spec = #""spec":{"containers":[{"name":"x",\#(grace + port)"a":1}]}"#
    let shapes = [
      (#"{"kind":"Pod",\#(spec)}"#, "spec.containers[0]"),
      (#"[{"kind":"Job","spec":{"template":{\#(spec)}}}]"#, "spec.template.spec.containers[0]"),
      (
        #"{"kind":"CronJob","spec":{"jobTemplate":{"spec":{"template":{\#(spec)}}}}}"#,
        "spec.jobTemplate.spec.template.spec.containers[0]"
      ),
    ]
    for (shape, path) in shapes {
      let lines = try #require(lint(shape))
      #expect(
        lines.count == 1 && lines[0].contains(": \(path).readinessProbe"), "\(shape): \(lines)")
    }
    #expect(lint("{}") == ["no pod"])
    #expect(lint("[]") == ["no pod"])
    #expect(lint(#"{"items":{"a":{"spec":5}}}"#) == ["no pod"])
  }

  @Test func aListIsLookedAtInLinearTime() throws {
    let one = deployment(container: good)
    let items = Array(repeating: one, count: 3000).joined(separator: ",")
    #expect(lint("[\(items)]") == [])
  }
}
