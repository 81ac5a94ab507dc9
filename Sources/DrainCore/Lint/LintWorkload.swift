// The rules about replicas, and about Services, budgets and Ingresses that go with them.

extension Lint {
  // What is noted of other objects before pods are looked at.

  mutating func noteService(_ node: Int) {
    let selector = manifest.find(node, "spec.selector")
    // Without a selector it has endpoints of another's making, and an empty one selects nothing.
    if manifest.first(selector, "") == 0 { return }
    let isLocal = manifest.isText(node, "spec.externalTrafficPolicy", "Local")
    let annotations = manifest.find(node, "metadata.annotations")
    let type = manifest.annotation(
      annotations, "service.beta.kubernetes.io/aws-load-balancer-type")
    let target = manifest.annotation(
      annotations, "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type")
    // To nodes it sends as to machines, which do not go; but where a node's own pods count.
    let isNetwork =
      manifest.isText(type, "", "nlb-ip") || manifest.isText(target, "", "ip")
      || (isLocal && type != 0)
    services.append(
      LintService(
        object: objects.count, selector: selector, isLocal: isLocal,
        balancer: isNetwork ? .networkLoadBalancer : .none))
  }

  /// An Ingress that is a balancer of its own, before the Services that it names.
  @inline(never) mutating func noteIngress(_ node: Int) {
    let annotations = manifest.find(node, "metadata.annotations")
    let target = manifest.annotation(annotations, "alb.ingress.kubernetes.io/target-type")
    var name = manifest.find(node, "spec.ingressClassName")
    if name == 0 { name = manifest.annotation(annotations, "kubernetes.io/ingress.class") }
    let isGateway = manifest.holds(name, "", "application-gateway")
    if !isGateway && !manifest.isText(target, "", "ip") { return }
    let balancer: LintBalancer = isGateway ? .applicationGateway : .applicationLoadBalancer
    note(balancer, manifest.find(node, "spec.defaultBackend.service.name"), node)
    var rule = manifest.first(node, "spec.rules")
    while rule != 0 {
      var path = manifest.first(rule, "http.paths")
      while path != 0 {
        note(balancer, manifest.find(path, "backend.service.name"), node)
        path = manifest.next(path)
      }
      rule = manifest.next(rule)
    }
  }

  private mutating func note(_ balancer: LintBalancer, _ name: Int, _ ingress: Int) {
    for index in 0..<services.count {
      let service = objects[services[index].object].node
      if manifest.isSame(name, manifest.find(service, "metadata.name"))
        && areTogether(service, ingress) && balancer.rawValue > services[index].balancer.rawValue
      {
        services[index].balancer = balancer
      }
    }
  }

  // What selects what.

  @inline(never) func selects(_ service: LintService, _ object: LintObject) -> Bool {
    hasLabels(service.selector, object) && areTogether(objects[service.object].node, object.node)
  }

  /// Whether each pair of the selector is among the labels.
  @inline(never) private func hasLabels(_ selector: Int, _ object: LintObject) -> Bool {
    let labels = manifest.find(object.template, "metadata.labels")
    var name = manifest.first(selector, "")
    while name != 0 {
      let value = manifest.valueAfter(key: name)
      if !manifest.isSame(value, manifest.member(labels, manifest.scalar(name))) { return false }
      name = manifest.next(value)
    }
    return true
  }

  @inline(never) private func isBudget(_ budget: LintObject, for object: LintObject) -> Bool {
    budget.kind == .disruption && manifest.has(budget.node, "spec.selector")
      && hasLabels(manifest.find(budget.node, "spec.selector.matchLabels"), object)
      && areTogether(budget.node, object.node)
  }

  /// How many pods there are at least.
  private func replicas(_ object: LintObject) -> Int {
    for other in objects where other.kind == .autoscaler {
      let target = manifest.find(other.node, "spec.scaleTargetRef")
      if isNamed(object.node, by: target, other.node) {
        return manifest.number(other.node, "spec.minReplicas", or: 1)
      }
    }
    return manifest.number(object.node, "spec.replicas", or: 1)
  }

  // The rules.

  /// What a number or percentage of so many pods comes to.
  @inline(never) private func share(_ value: Int, of all: Int, roundsUp: Bool) -> Int {
    let number = manifest.number(value, "", or: 0)
    if !manifest.isPercentage(value) { return number }
    return (number &* all &+ (roundsUp ? 99 : 0)) / 100
  }

  /// How an update and a drain of nodes go about the replicas of what serves.
  @inline(never) mutating func lookAtReplicas(_ object: LintObject, _ facts: LintPodFacts) {
    let count = replicas(object)
    let strategy = manifest.find(object.node, "spec.strategy")
    if manifest.isText(strategy, "type", "Recreate") { tell(.recreate) }
    let update = manifest.find(strategy, object.kind == .rollout ? "canary" : "rollingUpdate")
    let most = manifest.find(update, "maxUnavailable")
    if most != 0 && count > 0 && share(most, of: count, roundsUp: false) >= count {
      tell(.maxUnavailable)
    }
    if count == 1 && facts.hasDrainit && !facts.staysReady { tell(.oneReplica) }
    if count < 2 { return }
    for budget in objects where isBudget(budget, for: object) { return }
    // A manifest without the Services is not the whole of it.
    for service in services where selects(service, object) { return tell(.disruptionMissing) }
  }

  /// A budget that lets no pod of a workload go.
  @inline(never) mutating func lookAtDisruption(_ budget: LintObject) {
    let least = manifest.find(budget.node, "spec.minAvailable")
    let most = manifest.find(budget.node, "spec.maxUnavailable")
    for target in objects
    where target.spec != 0 && target.isReplicated && isBudget(budget, for: target) {
      let count = replicas(target)
      let blocks =
        least != 0
        ? share(least, of: count, roundsUp: true) >= count
        : most != 0 && share(most, of: count, roundsUp: true) == 0
      if blocks && count > 0 { return tell(.disruptionBlocks) }
    }
  }

  /// What a Service promises of the pods that it selects.
  @inline(never) mutating func lookAtService(_ service: LintService, _ node: Int) {
    if manifest.isTrue(node, "spec.publishNotReadyAddresses") {
      tell(
        manifest.isText(node, "spec.clusterIP", "None") ? .notReadyNames : .notReadyTraffic)
    }
    for target in objects where target.spec != 0 && selects(service, target) {
      var port = manifest.first(node, "spec.ports")
      while port != 0 {
        var wanted = manifest.find(port, "targetPort")
        if wanted == 0 { wanted = manifest.find(port, "port") }
        if !isThere(wanted, target) {
          return tell(manifest.number(wanted, "") < 0 ? .targetPort : .targetNumber)
        }
        port = manifest.next(port)
      }
    }
  }

  /// Whether a container of the pod has the port, by name or number; one that names none may have any.
  @inline(never) private func isThere(_ wanted: Int, _ object: LintObject) -> Bool {
    let number = manifest.number(wanted, "")
    var isSilent = false
    for list in 0..<2 {
      var next = manifest.first(object.spec, list == 0 ? "containers" : "initContainers")
      while next != 0 {
        var port = manifest.first(next, "ports")
        if port == 0 { isSilent = true }
        while port != 0 {
          if manifest.isSame(wanted, manifest.find(port, number < 0 ? "name" : "containerPort")) {
            return true
          }
          port = manifest.next(port)
        }
        next = manifest.next(next)
      }
    }
    return number >= 0 && isSilent
  }
}
