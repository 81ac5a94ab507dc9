/// `--lint`: finds in manifests what would lose requests in a rolling update.
public struct Lint: ~Copyable {
  let manifest: YAMLStream
  var objects: [LintObject] = []
  var services: [LintService] = []
  var findings: [LintFinding] = []
  /// The words that findings bring themselves.
  var words: [UInt8] = []
  /// How many findings lose requests.
  public private(set) var errors = 0
  /// How many pods were looked at.
  public private(set) var pods = 0

  // What is looked at: the object's number, and where in the pod.
  var object = 0
  var container = 0
  var isInit = false
  /// The names of rules that the object or its pod template does not want.
  private var ignored: [UInt8] = []

  private init(_ manifest: consuming YAMLStream) { self.manifest = manifest }

  /// Looks at everything in manifests.
  ///
  /// - Parameter text: YAML or JSON.
  public static func looking(at text: consuming ByteBuffer) throws(YAMLProblem) -> Lint {
    var lint = Lint(try YAMLStream(text))
    try lint.run()
    return lint
  }

  /// How many findings there are.
  public var count: Int { findings.count }

  private mutating func run() throws(YAMLProblem) {
    for line in manifest.repeatedNames {
      object = line
      tell(.repeatedName)
    }
    for root in manifest.roots { try collect(root, 0) }
    for index in 0..<objects.count where objects[index].kind == .ingress {
      noteIngress(objects[index].node)
    }
    var service = 0
    for index in 0..<objects.count {
      let found = objects[index]
      begin(index)
      if found.spec != 0 && !isOwned(found) {
        pods &+= 1
        lookAtPod(found)
      }
      if found.kind == .disruption { lookAtDisruption(found) }
      if service < services.count && services[service].object == index {
        lookAtService(services[service], found.node)
        service &+= 1
      }
    }
  }

  /// Takes an object, or what is in a list of them.
  private mutating func collect(_ value: Int, _ depth: Int) throws(YAMLProblem) {
    let isArray = manifest.kind(value) == .list
    // A List of any kind, also one without a kind.
    let items = manifest.find(value, "items")
    if isArray || manifest.kind(items).rawValue >= YAMLNode.Kind.map.rawValue {
      if depth == YAMLParser.depthLimit { throw manifest.problem(.tooDeep, at: value) }
      var item = manifest.first(value, isArray ? "" : "items")
      while item != 0 {
        if manifest.kind(item) != .null { try collect(item, depth &+ 1) }
        item = manifest.next(item)
      }
      return
    }
    if manifest.text(manifest.find(value, "kind")).isEmpty {
      throw manifest.problem(.noObject, at: value)
    }
    let found = LintObject(manifest, value)
    if found.kind == .service { noteService(value) }
    objects.append(found)
  }

  /// Whether its owner is there and looked at: `kubectl get all` has Deployment, ReplicaSet and Pods.
  @inline(never) private func isOwned(_ object: LintObject) -> Bool {
    let owner = manifest.first(object.node, "metadata.ownerReferences")
    if owner == 0 { return false }
    for other in objects where other.spec != 0 && isNamed(other.node, by: owner, object.node) {
      return true
    }
    return false
  }

  /// Whether a reference's name and kind are those of an object in the namespace of another.
  func isNamed(_ node: Int, by reference: Int, _ other: Int) -> Bool {
    manifest.isSame(manifest.find(reference, "name"), manifest.find(node, "metadata.name"))
      && manifest.isSame(manifest.find(reference, "kind"), manifest.find(node, "kind"))
      && areTogether(node, other)
  }

  /// Whether two may be in one namespace: where one does not say it, it is where the other is applied.
  @inline(never) func areTogether(_ one: Int, _ other: Int) -> Bool {
    let first = manifest.find(one, "metadata.namespace")
    let second = manifest.find(other, "metadata.namespace")
    return first == 0 || second == 0 || manifest.isSame(first, second)
  }

  // What is told.

  /// Makes an object the one that findings are about.
  @inline(never) mutating func begin(_ index: Int) {
    object = index
    container = 0
    isInit = false
    ignored = []
    let found = objects[index]
    ignore(found.node)
    if found.spec != 0 && found.template != found.node { ignore(found.template) }
    var place = 0
    while let name = nextName(&place) {
      if !LintRule.isKnown(name.span) {
        let start = words.count
        words.append("drainit.lint/ignore: there is no rule ")
        words.append(contentsOf: name)
        tell(.unknownRule, from: start)
      }
    }
  }

  private mutating func ignore(_ node: Int) {
    let annotations = manifest.find(node, "metadata.annotations")
    ignored.append(UInt8(ascii: ","))
    ignored.append(
      contentsOf: manifest.string(manifest.annotation(annotations, "drainit.lint/ignore"), ""))
  }

  /// The next name of a rule that is not wanted.
  @inline(never) private func nextName(_ place: inout Int) -> [UInt8]? {
    let isEnd = { (byte: UInt8) in byte == UInt8(ascii: ",") || byte <= 0x20 }
    while place < ignored.count && isEnd(ignored[place]) { place &+= 1 }
    let start = place
    while place < ignored.count && !isEnd(ignored[place]) { place &+= 1 }
    return place > start ? [UInt8](copying: ignored.span.cut(start, place)) : nil
  }

  /// Notes a finding, unless an annotation says that it is not wanted.
  @inline(never) mutating func tell(_ rule: LintRule, probe: UInt8 = 0) {
    tell(rule, probe: probe, from: words.count)
  }

  /// Notes a finding whose own words have been appended from a place on.
  private mutating func tell(_ rule: LintRule, probe: UInt8 = 0, from start: Int) {
    var place = 0
    while let name = nextName(&place) {
      if isSameText(name.span, rule.name.span) { return }
    }
    if rule.isError { errors &+= 1 }
    findings.append(
      LintFinding(
        rule: rule, probe: probe, isInit: isInit, object: object, container: container,
        words: start, count: words.count &- start))
  }

  /// Notes a finding that drainit words itself.
  @inline(never) mutating func tell(_ rule: LintRule, _ say: (inout ByteBuffer) -> Void) {
    var buffer = ByteBuffer(capacity: OptionLimits.errorBytes &+ 512)
    say(&buffer)
    let start = words.count
    words.append(contentsOf: [UInt8](copying: buffer.bytes))
    tell(rule, from: start)
  }
}
