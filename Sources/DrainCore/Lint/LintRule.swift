/// What `--lint` can find. The order is that of the table.
enum LintRule: UInt8 {
  // Options and the pod's grace.
  case refused, unquoted, graceTooShort, graceDiffers, samePort, hostNetwork, sidecarWindow
  // Probes.
  case noReadiness, noReadinessAlone, probeName, probePort, probeLoopback, probeTCP, probeProtocol
  case probePath, readinessPath, probesAppFast, probesApp, slowReadiness, livenessReady
  case livenessPath, livenessSlow, startupEarly, execProbe
  // The stop.
  case noWait, sleepsAlone, sleepsPastGrace, waitsTwice, holdProbe, shell, simpleShell, runner
  case balancer, local
  // The container.
  case worker, manyPorts, udp, hostPort, sharedProcesses
  // The workload and what selects it.
  case recreate, maxUnavailable, oneReplica, disruptionBlocks, disruptionMissing
  case targetPort, targetNumber, notReadyTraffic, notReadyNames
  // The manifest itself.
  case unknownRule, repeatedName

  /// A line a rule, in the enumeration's order: its name, `e` where requests are lost and `n` for a note,
  /// where the path begins (`c`ontainer, `p`od, `w`orkload or other object), how it goes on, and why it
  /// matters and what is right. As one text it takes no more than its bytes.
  private static var table: Literal {
    """
    options e c .
    env-quotes e c .env a value that is no text, which Kubernetes refuses; quote it
    grace e p .terminationGracePeriodSeconds
    grace-differs e p .terminationGracePeriodSeconds less than --grace: SIGKILL comes before the \
    plan is over; the same
    same-port e c .env the port of another drainit of the pod, which has one network; \
    DRAINIT_LISTEN=14316
    host-network e c .env port 14315 of the node: the next pod there that has drainit ends with \
    125; DRAINIT_LISTEN of its own
    sidecar-window e c .env a sidecar is stopped after the app: its window only takes time of \
    the grace; DRAINIT_DRAIN=0
    no-readiness e c .readinessProbe there is none: traffic comes before the app can answer; \
    httpGet /readyz port 14315
    no-readiness e c .readinessProbe there is none: traffic comes before the app can answer; a \
    probe, or drainit
    probe-name e c .Probe asks a port by a name that the container does not have; its number
    probe-port e c .Probe drainit does not listen there; the port of --listen
    probe-loopback e c .Probe the kubelet asks the pod's address, and drainit listens on \
    loopback only; --listen PORT
    probe-tcp e c .Probe drainit's port takes connections whether ready or not; httpGet /readyz
    probe-protocol e c .Probe drainit's port speaks plain HTTP, so this always fails; httpGet \
    without a scheme
    probe-path e c .Probe drainit answers 404; /readyz, /livez or /startupz
    readiness-path e c .readinessProbe stays 200 while the app is not ready and while it drains; \
    /readyz
    probes-app-fast e c .readinessProbe asks the app so often that the window lasts to its MAX; \
    httpGet /readyz on drainit's port
    probes-app n c .readinessProbe asks the app, which stays ready while it drains; httpGet \
    /readyz on drainit's port
    slow-readiness n c .readinessProbe period x failures is too long for the window: a stop that \
    is no deletion is seen too late; 2s and 1 failure
    liveness-ready e c .livenessProbe /readyz fails while the app is not ready, and the kubelet \
    restarts it; /livez
    liveness-path n c .livenessProbe stays 200 whatever becomes of the app; /livez
    liveness-slow n c .livenessProbe asks the app: a hung one is restarted after the whole \
    window; --live, or terminationGracePeriodSeconds in the probe
    startup-early e c .startupProbe period x failures is all that the app gets to start; 60 \
    failures, 1s apart
    exec-probe n c .Probe starts a program in the container each second; httpGet
    no-wait e c .lifecycle.preStop nothing waits: SIGTERM comes seconds before traffic ends, and \
    that is lost; drainit
    fixed-wait n c .lifecycle.preStop a fixed wait: too long for every stop, or too short for \
    one; drainit ends it with the traffic
    sleep-past-grace e p .terminationGracePeriodSeconds the preStop sleep takes it all, and \
    SIGKILL follows; more than sleep and stop together
    waits-twice e c .lifecycle.preStop waits before drainit hears of the stop, and its window \
    comes on top; remove it
    hold-probe n c .readinessProbe drainit --hold sees it as traffic, and lasts to its MAX; a \
    period above 5s, or --ignore with the node's address
    shell e c .command a shell stays between, and signals end it, not the program; exec PROGRAM, \
    or no shell
    shell n c .command a shell, and not every one gives its place to the program, which then \
    gets no signal; exec PROGRAM, or no shell
    script-runner e c .command stays between the program and its signals, and ends before it; \
    the program itself
    balancer e c .env
    local-policy e c .env externalTrafficPolicy: Local has no other pod to fall back to; \
    DRAINIT_UNREADY_AFTER=end
    worker n c .env no port and no readinessProbe: if nobody connects to it, DRAINIT_DRAIN=0; \
    else a probe
    many-ports n c .env several ports, and the gate opens with the first that listens; \
    DRAINIT_PORT with those that serve
    udp n c .ports UDP cannot be seen: the window lasts to its MAX
    host-port n c .ports a hostPort: the new pod cannot share the node with the old one; \
    maxSurge needs nodes
    shared-processes n p .shareProcessNamespace drainit is not PID 1 then: what the app leaves \
    behind lives on; --orphans 5s
    recreate e w .spec.strategy.type Recreate: all pods go before a new one is there; RollingUpdate
    max-unavailable e w .spec.strategy maxUnavailable lets all pods go before a new one is there; 0
    one-replica n w .spec.replicas the only pod: where its node is drained it goes before the \
    next is ready; two and a PodDisruptionBudget, or DRAINIT_UNREADY_AFTER=end
    disruption-blocks n w .spec allows no pod to go, and a node's drain waits for ever; \
    maxUnavailable: 1
    disruption-missing n w .spec no PodDisruptionBudget: a drain of nodes may take all at once; \
    maxUnavailable: 1
    target-port e w .spec.ports a targetPort by a name that no container of the pod has: nobody \
    is there
    target-port n w .spec.ports a targetPort that no container of the pod names; if nothing \
    listens there, nobody is there
    not-ready-traffic e w .spec.publishNotReadyAddresses traffic goes to pods that are not ready \
    or have ended; remove it
    not-ready-traffic n w .spec.publishNotReadyAddresses names give pods that are not ready: for \
    peers that find each other, not for clients
    unknown-rule n w .metadata.annotations
    name-twice n w . a name that the mapping has already: the last one counts, and kubectl apply \
    refuses it
    """
  }

  /// One field of the rule's line: 0 its name, 1 its level, 2 where, 3 the path, 4 the sentence.
  @inline(never) private func field(_ wanted: Int) -> UnsafeBufferPointer<UInt8> {
    let line = LintRule.table.part(Int(rawValue), between: UInt8(ascii: "\n"))
    guard let line, let text = line.baseAddress else {
      return UnsafeBufferPointer(start: nil, count: 0)
    }
    let length = line.count
    var place = 0
    var field = 0
    var start = place
    while place < length {
      if text[place] == UInt8(ascii: " ") && field < 4 {
        if field == wanted { break }
        field &+= 1
        start = place &+ 1
      }
      place &+= 1
    }
    return UnsafeBufferPointer(start: text + start, count: field == wanted ? place &- start : 0)
  }

  /// Below what of the manifest the path goes on.
  enum Base { case container, pod, object }

  var name: UnsafeBufferPointer<UInt8> { field(0) }
  /// Whether it loses requests; else it is a note.
  var isError: Bool { field(1).span.byte(0) == UInt8(ascii: "e") }
  var base: Base {
    switch field(2).span.byte(0) {
    case UInt8(ascii: "c"): .container
    case UInt8(ascii: "p"): .pod
    default: .object
    }
  }
  /// The rest of the path.
  var path: UnsafeBufferPointer<UInt8> { field(3) }
  /// Why it matters and what is right; empty where the finding brings its own words.
  var why: UnsafeBufferPointer<UInt8> { field(4) }

  /// Whether that is the name of a rule.
  static func isKnown(_ name: Span<UInt8>) -> Bool {
    var index: UInt8 = 0
    while let rule = LintRule(rawValue: index) {
      if isSameText(rule.name.span, name) { return true }
      index &+= 1
    }
    return false
  }
}

/// One finding: a rule, and where it was found.
struct LintFinding: BitwiseCopyable {
  var rule: LintRule
  /// Which of a container's probes the path names: 0 readiness, 1 liveness, 2 startup.
  var probe: UInt8 = 0
  var isInit = false
  /// The object's number, or the line of a text.
  var object: Int
  var container: Int
  /// Where its own words begin among those of all, and how many they are.
  var words: Int
  var count: Int
}
