/// An object of a manifest, as far as the rules ask for it.
struct LintObject: BitwiseCopyable {
  enum Kind: UInt8 {
    case deployment, statefulSet, rollout
    /// Nobody sends it traffic: Jobs, CronJobs, and Pods that run once.
    case batch
    case service, ingress, disruption, autoscaler
    /// Another that has pods.
    case workload
    /// The platform stops only what has no traffic.
    case knative
    case other
  }

  let node: Int
  private(set) var kind: Kind
  /// The pod template, or the Pod itself, and its spec; 0 where there is no pod in it.
  let template: Int
  let spec: Int
  /// The path of the pod's spec.
  let path: StaticString

  @inline(never) init(_ manifest: borrowing YAMLStream, _ node: Int) {
    self.node = node
    kind = LintObject.kind(manifest, node)
    var template = manifest.find(node, "spec.jobTemplate.spec.template")
    var path: StaticString = "spec.jobTemplate.spec.template.spec"
    if template == 0 {
      template = manifest.find(node, "spec.template")
      path = "spec.template.spec"
    }
    if template == 0 {
      template = manifest.find(node, "template")
      path = "template.spec"
    }
    if template == 0 {
      template = node
      path = "spec"
    }
    let spec = manifest.find(template, "spec")
    self.template = template
    self.path = path
    self.spec = manifest.first(spec, "containers") == 0 ? 0 : spec
    // A Pod that is not started again has a task, such as a chart's test.
    if kind == .other && self.spec != 0 {
      let isTask =
        manifest.isText(spec, "restartPolicy", "Never")
        || manifest.isText(spec, "restartPolicy", "OnFailure")
      kind = isTask ? .batch : .workload
    }
  }

  private static func kind(_ manifest: borrowing YAMLStream, _ node: Int) -> Kind {
    if manifest.holds(node, "apiVersion", "serving.knative.dev/") { return .knative }
    // In the order of the enumeration.
    let known = index(
      of: manifest.text(manifest.find(node, "kind")),
      in: """
        Deployment StatefulSet Rollout Job Service Ingress PodDisruptionBudget \
        HorizontalPodAutoscaler CronJob
        """)
    if known < 0 { return .other }
    return known < 8 ? Kind(rawValue: UInt8(known)) ?? .other : .batch
  }

  /// Whether clients connect to what runs in it.
  var isServer: Bool { kind != .batch && kind != .knative }

  /// Whether its replicas are replaced by updates.
  var isReplicated: Bool { kind.rawValue <= Kind.rollout.rawValue }
}

/// A balancer that learns late, as docker/docs/balancers.md has it.
enum LintBalancer: UInt8 {
  case none, applicationLoadBalancer, applicationGateway, networkLoadBalancer

  /// Within how many seconds it learns that a pod is gone.
  var seconds: Int64 {
    switch self {
    case .none: 0
    case .applicationLoadBalancer: 60
    case .applicationGateway: 90
    case .networkLoadBalancer: 130
    }
  }

  var name: StaticString {
    switch self {
    case .none: ""
    case .applicationLoadBalancer: "an AWS ALB that sends to pods"
    case .applicationGateway: "an Azure Application Gateway"
    case .networkLoadBalancer: "an AWS NLB"
    }
  }
}

/// A Service that selects pods, and what stands before it.
struct LintService: BitwiseCopyable {
  /// Its object's number.
  let object: Int
  let selector: Int
  let isLocal: Bool

  var balancer: LintBalancer
}
