// The rules about a pod: what becomes of its containers together, and of the Services that select it.

/// What a pod's containers are looked at with.
struct LintPodFacts {
  var grace = 30
  var isLocal = false
  var balancer = LintBalancer.none
  var hasDrainit = false
  /// Whether `/readyz` stays 200 to the end.
  var staysReady = false
  /// Whether a container serves clients.
  var serves = false
  /// The ports of the drainits so far.
  var ports: [UInt16] = []
}

extension Lint {
  @inline(never) mutating func lookAtPod(_ object: LintObject) {
    var facts = LintPodFacts()
    facts.grace = manifest.number(object.spec, "terminationGracePeriodSeconds", or: 30)
    for service in services where selects(service, object) {
      if service.isLocal { facts.isLocal = true }
      if service.balancer.rawValue > facts.balancer.rawValue { facts.balancer = service.balancer }
    }
    for list in 0..<2 {
      var next = manifest.first(object.spec, list == 0 ? "initContainers" : "containers")
      isInit = list == 0
      container = 0
      while next != 0 {
        look(LintContainer(manifest, next), object, &facts)
        next = manifest.next(next)
        container &+= 1
      }
    }
    isInit = false
    container = 0
    if facts.hasDrainit && manifest.isTrue(object.spec, "shareProcessNamespace") {
      tell(.sharedProcesses)
    }
    if object.isReplicated && facts.serves { lookAtReplicas(object, facts) }
  }

  /// A container, by what drainit is in it.
  @inline(never) private mutating func look(
    _ found: LintContainer, _ object: LintObject, _ facts: inout LintPodFacts
  ) {
    let isSidecar = isInit && manifest.isText(found.place, "restartPolicy", "Always")
    // What ends before the app begins has nobody's traffic, and drainit is there to be installed.
    if isInit && !isSidecar { return }
    if found.unquoted != 0 {
      let name = manifest.string(found.unquoted, "")
      tell(.unquoted) { $0.append(printable: name) }
    }
    if found.role == .drained {
      drained(found, isSidecar, object, &facts)
    } else if object.isServer && found.role == .held {
      held(found, &facts)
    } else if object.isServer && found.role == .alone && !isSidecar {
      facts.serves = true
      alone(found.place, facts.grace)
    }
    if object.isServer && found.role != .held {
      hidesProgram(found.words)
    }
  }

  /// A container without drainit, to which clients connect: what its own preStop and probes lose.
  @inline(never) private mutating func alone(_ place: Int, _ grace: Int) {
    for kind: UInt8 in 0..<3 {
      let probe = LintProbe(manifest, place, kind)
      if kind == 0 && probe.node == 0 { tell(.noReadinessAlone) }
      lookAtAny(probe, kind)
    }
    let stop = manifest.find(place, "lifecycle.preStop")
    let seconds = sleep(stop)
    if stop == 0 { tell(.noWait) }
    if seconds >= 0 { tell(.sleepsAlone) }
    if seconds >= grace { tell(.sleepsPastGrace) }
  }

  /// What is wrong with a probe whomever it asks.
  @inline(never) mutating func lookAtAny(_ probe: LintProbe, _ kind: UInt8) {
    if probe.isUnknown { tell(.probeName, probe: kind) }
    if probe.how.rawValue >= LintProbe.How.exec.rawValue && probe.period <= 1 {
      tell(.execProbe, probe: kind)
    }
  }

  /// How long a preStop hook waits where it does for a fixed time, in seconds; 0 where that is not
  /// seen, -1 where it does not.
  @inline(never) func sleep(_ stop: Int) -> Int {
    if manifest.has(stop, "sleep") { return manifest.number(stop, "sleep.seconds", or: 0) }
    let words = LintContainer.texts(manifest, manifest.first(stop, "exec.command"), [])
    // `sleep 15` in a script, or 15 as the next word.
    var script: [UInt8] = []
    for word in words {
      script.append(contentsOf: word)
      script.append(UInt8(ascii: " "))
    }
    guard let place = script.span.index(of: "sleep ") else { return -1 }
    var end = place &+ 6
    while end < script.count && script[end].isDigit { end &+= 1 }
    return Int(script.span.cut(place &+ 6, end).decimal(atMost: 1 << 31) ?? 0)
  }

  /// A shell or a package's script runner that stays between, however drainit is there.
  @inline(never) private mutating func hidesProgram(_ words: [[UInt8]]) {
    if LintContainer.index(words, of: "npm yarn pnpm npx") != nil { return tell(.runner) }
    guard let index = LintContainer.index(words, of: "sh bash ash dash ksh zsh") else { return }
    let script = script(words, after: index)
    if !script.isEmpty { tellShell(script) }
  }

  /// The script after `-c`, `-ec` and the like.
  @inline(never) private func script(_ words: [[UInt8]], after shell: Int) -> [UInt8] {
    var index = shell &+ 1
    var isScript = false
    while index < words.count {
      let word = words[index]
      let first = word.span.byte(0)
      if !first.isOne(of: "-+") {
        return isScript ? word : []
      }
      index &+= 1
      if word.span.byte(1) == UInt8(ascii: "-") { continue }
      if word.span.index(of: UInt8(ascii: "c")) != nil { isScript = true }
      // `-o pipefail`, `-eo pipefail`.
      if word.span.index(of: UInt8(ascii: "o")) != nil { index &+= 1 }
    }
    return []
  }

  /// Whether a script gives its place to the program: `exec` where a command begins. A single command
  /// some shells execute so by themselves.
  @inline(never) private mutating func tellShell(_ script: [UInt8]) {
    var isStart = true
    var isSimple = true
    var index = 0
    while index < script.count {
      let rest = script.span.from(index)
      if isStart && hasPrefix(rest, "exec ") { return }
      if isStart && (hasPrefix(rest, "then ") || hasPrefix(rest, "else ")) {
        index &+= 5
        continue
      }
      let byte = script[index]
      index &+= 1
      if byte.isOne(of: ";&|\n") {
        isStart = true
        // An end is none where nothing comes after it.
        if index < script.count { isSimple = false }
      } else if byte > 0x20 && !byte.isOne(of: "({") {
        isStart = false
      }
    }
    tell(isSimple ? .simpleShell : .shell)
  }
}
