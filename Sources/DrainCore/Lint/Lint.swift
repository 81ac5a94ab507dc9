/// `--lint`: finds in a manifest what would lose requests in a rolling update.
public struct Lint: ~Copyable {
  /// The plan's error is the longest finding; without so much room nothing more is said.
  private static var longestFinding: Int { OptionLimits.errorBytes &+ 512 }

  let document: JSONDocument
  /// How many findings lose requests.
  public private(set) var errors = 0
  /// How many pods were looked at.
  public private(set) var pods = 0
  // The selectors of Services whose readiness something else reads, twice their place; odd where the
  // Service is externalTrafficPolicy: Local.
  private var services = InlineArray<64, Int>(repeating: 0)
  private var serviceCount = 0

  // What is being looked at: the object, its pod's spec, and how the path to that begins.
  var resource = 0
  var pod = 0
  var podPath: StaticString = ""
  var container = 0

  /// Begins with a manifest that was read: an object, a List of them or an array.
  public init(_ document: consuming JSONDocument) { self.document = document }

  /// Looks at everything and appends a line a finding, as far as there is room.
  public mutating func run(into out: inout ByteBuffer) {
    let items = document.find(document.root, "items") ?? document.root
    var item = document.first(items, "")
    let isList = items != document.root || document.find(items, "kind") == nil
    if isList {
      while let at = item {
        noteService(at)
        item = document.next(after: at)
      }
      item = document.first(items, "")
      while let at = item {
        look(at, &out)
        item = document.next(after: at)
      }
    } else {
      look(document.root, &out)
    }
  }

  private mutating func noteService(_ item: Int) {
    let spec = document.find(item, "spec")
    guard document.isText(item, "kind", "Service"),
      let selector = document.find(spec, "selector"), serviceCount < services.count
    else { return }
    let isLocal = document.isText(spec, "externalTrafficPolicy", "Local")
    if isLocal || document.isText(spec, "type", "LoadBalancer") {
      services[serviceCount] = selector &* 2 &+ (isLocal ? 1 : 0)
      serviceCount &+= 1
    }
  }

  /// Looks at one object of any kind that has a pod in it.
  private mutating func look(_ item: Int, _ out: inout ByteBuffer) {
    resource = item
    var spec = document.find(item, "spec")
    var owner = item
    podPath = "spec"
    if let job = document.find(spec, "jobTemplate.spec") {
      spec = job
      podPath = "spec.jobTemplate.spec.template.spec"
    } else if document.find(spec, "template") != nil {
      podPath = "spec.template.spec"
    }
    if let template = document.find(spec, "template") {
      owner = template
      spec = document.find(template, "spec")
    }
    guard let spec, let first = document.first(spec, "containers") else { return }
    pod = spec
    pods &+= 1
    lookAtContainers(first, labels: document.find(owner, "metadata.labels"), &out)
    if document.isTrue(spec, "shareProcessNamespace") {
      tell(.sharedProcesses, &out)
    }
    let workload = document.find(resource, "spec")
    let update = document.find(workload, "strategy.rollingUpdate")
    if document.isText(item, "kind", "Deployment"),
      (document.number(workload, "replicas") ?? 1) == 1,
      let unavailable = document.find(update, "maxUnavailable"), removesTheOnlyOne(unavailable)
    {
      tell(.oneReplica, &out)
    }
  }

  /// Of one pod a percentage is rounded down: only 100 % is one.
  private func removesTheOnlyOne(_ value: Int) -> Bool {
    let number = document.number(value, "") ?? 0
    return document.string(value, "").isEmpty ? number > 0 : number >= 100
  }

  private mutating func lookAtContainers(_ first: Int, labels: Int?, _ out: inout ByteBuffer) {
    var isLocal = false
    var isBalanced = document.find(pod, "readinessGates") != nil
    for index in 0..<serviceCount where selects(services[index] / 2, labels) {
      isBalanced = true
      if services[index] & 1 == 1 { isLocal = true }
    }
    var ports: [UInt16] = []
    var next: Int? = first
    container = 0
    while let place = next {
      let found = LintContainer(document, place)
      hidesProgram(place, &out)
      if found.isThere {
        wrapped(place, found, isLocal, isBalanced, &ports, &out)
      } else {
        alone(place, &out)
      }
      next = document.next(after: place)
      container &+= 1
    }
  }

  /// Whether each pair of the selector is among the labels.
  private func selects(_ selector: Int, _ labels: Int?) -> Bool {
    guard let labels else { return false }
    var wanted = document.first(selector, "")
    while let name = wanted {
      let value = document.valueAfter(key: name)
      var key = document.first(labels, "")
      while let at = key,
        !(document.isSame(name, at) && document.isSame(value, document.valueAfter(key: at)))
      {
        key = document.next(after: document.valueAfter(key: at))
      }
      if key == nil { return false }
      wanted = document.next(after: value)
    }
    return true
  }

  /// Appends the finding's line.
  mutating func tell(_ finding: LintFinding, _ out: inout ByteBuffer) {
    guard begin(finding, out: &out) else { return }
    out.append(": ")
    out.append(finding.words.why)
    out.append("\n")
  }

  /// Appends a finding that drainit words itself.
  mutating func tell(
    _ finding: LintFinding, _ out: inout ByteBuffer, _ words: (inout ByteBuffer) -> Void
  ) {
    guard begin(finding, out: &out) else { return }
    out.append(": ")
    words(&out)
    out.append("\n")
  }

  /// Counts it, and appends `error: Deployment/web: PATH`; false where there is no room for more.
  private mutating func begin(_ finding: LintFinding, out: inout ByteBuffer) -> Bool {
    if finding.isError { errors &+= 1 }
    if out.room < Lint.longestFinding { return false }
    out.append(finding.isError ? "error: " : "note: ")
    let kind = document.string(resource, "kind")
    out.append(escaping: kind.span)
    out.append("/")
    let name = document.string(resource, "metadata.name")
    out.append(escaping: name.span)
    out.append(": ")
    switch finding.base {
    case .workload: out.append("spec")
    case .pod: out.append(podPath)
    case .container:
      out.append(podPath)
      out.append(".containers[")
      out.append(decimal: Int64(container))
      out.append("]")
    }
    out.append(finding.words.path)
    return true
  }
}
