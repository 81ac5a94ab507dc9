/// How drainit is in a container, as far as a manifest shows it.
///
/// The image's own ENTRYPOINT cannot be seen: drainit is taken to be it where a variable of drainit's,
/// or a probe of its port, says so.
struct LintContainer {
  /// What the container is to drainit.
  enum Role: UInt8 {
    /// drainit is its first process.
    case drained
    /// drainit is its preStop.
    case held
    /// Neither, and clients connect to it.
    case alone
    /// Nobody's requests go there: a mesh's or proxy's sidecar, which has its own ways, or metrics.
    case silent
  }

  let place: Int
  private(set) var role = Role.silent
  /// The words of its command, or of its preStop where drainit is that; drainit itself at `first`.
  private(set) var words: [[UInt8]] = []
  private var first = -1
  /// Its variables, `NAME=value`.
  private(set) var environment: [[UInt8]] = []
  /// The name of a variable whose value is no text; 0 where there is none.
  private(set) var unquoted = 0
  /// How many ports it names that are not those of metrics and probes.
  private(set) var serving = 0

  /// Looks at the container at `place`.
  @inline(never) init(_ manifest: borrowing YAMLStream, _ place: Int) {
    self.place = place
    countPorts(manifest)
    readVariables(manifest)
    words = LintContainer.texts(manifest, manifest.first(place, "command"), words)
    words = LintContainer.texts(manifest, manifest.first(place, "args"), words)
    if let index = LintContainer.index(words, of: "drainit") {
      role = .drained
      first = index
      return
    }
    let stop = LintContainer.texts(
      manifest, manifest.first(place, "lifecycle.preStop.exec.command"), [])
    if let index = LintContainer.index(stop, of: "drainit"),
      LintContainer.index(stop, of: "--hold") != nil
    {
      role = .held
      first = index
      words = stop
    } else if !environment.isEmpty || unquoted != 0 || isProbed(manifest) {
      role = .drained
    } else if serving > 0 && !isSidecar(manifest) {
      role = .alone
    }
  }

  /// What drainit is started with, its own name first; where that is the image's, a program and no
  /// options.
  @inline(never) func commandLine() -> (Int) -> [UInt8]? {
    let words = words
    let first = first
    return { index in
      if first < 0 { return index < 2 ? [UInt8]("app") : nil }
      if first &+ index >= words.count { return nil }
      var word = words[first &+ index]
      // $(NAME) is filled in by the kubelet: it is no shell's.
      while let start = word.span.index(of: "$(") { word[start] = UInt8(ascii: "x") }
      return word
    }
  }

  /// Which of the words is the path of a program; of names there may be several.
  @inline(never) static func index(_ words: [[UInt8]], of names: Literal) -> Int? {
    for index in 0..<words.count where isProgram(words[index], names) { return index }
    return nil
  }

  private static func isProgram(_ word: [UInt8], _ names: Literal) -> Bool {
    let folder = word.span.lastIndex(of: UInt8(ascii: "/")) ?? -1
    return DrainCore.index(of: word.span.from(folder &+ 1), in: names) >= 0
  }

  /// Appends the texts of a list.
  @inline(never) static func texts(
    _ manifest: borrowing YAMLStream, _ first: Int, _ before: [[UInt8]]
  ) -> [[UInt8]] {
    var words = before
    var next = first
    while next != 0 {
      words.append(manifest.string(next, ""))
      next = manifest.next(next)
    }
    return words
  }

  /// Whether a probe asks drainit's own port, by httpGet or by `drainit --probe`.
  private func isProbed(_ manifest: borrowing YAMLStream) -> Bool {
    for kind: UInt8 in 0..<3 {
      let probe = LintProbe(manifest, place, kind)
      if probe.how == .drainit { return true }
      if probe.how == .http && probe.port == Int(EndpointLimits.port) { return true }
    }
    return false
  }

  /// The variables that are drainit's and have a value in the manifest.
  private mutating func readVariables(_ manifest: borrowing YAMLStream) {
    var item = manifest.first(place, "env")
    while item != 0 {
      let name = manifest.string(item, "name")
      if hasPrefix(name.span, "DRAINIT_") {
        let value = manifest.find(item, "value")
        // What a reference comes to is not in the manifest, but that drainit is there.
        var text = [UInt8]("DRAINIT_LOG=text")
        let kind = manifest.kind(value)
        let isText = kind == .string || kind == .null
        if value != 0 && !isText { unquoted = manifest.find(item, "name") }
        // $(NAME) is filled in by the kubelet.
        if value != 0 && manifest.scalar(value).index(of: "$(") == nil {
          text = name
          text.append("=")
          if kind != .null { text.append(contentsOf: [UInt8](copying: manifest.scalar(value))) }
        }
        environment.append(text)
      }
      item = manifest.next(item)
    }
  }

  private mutating func countPorts(_ manifest: borrowing YAMLStream) {
    if manifest.holds(place, "image", "exporter") { return }
    var item = manifest.first(place, "ports")
    while item != 0 {
      let name = manifest.string(item, "name")
      if manifest.number(item, "containerPort") != Int(EndpointLimits.port)
        && !holds(name.span, anyOf: "metric prom health probe exporter pprof drainit")
      {
        serving &+= 1
      }
      item = manifest.next(item)
    }
  }

  /// A proxy that a mesh puts there, or that stands before the app and drains by itself.
  private func isSidecar(_ manifest: borrowing YAMLStream) -> Bool {
    manifest.isText(place, "name", "istio-proxy")
      || holds(manifest.text(manifest.find(place, "image")), anyOf: "envoy istio/proxy linkerd")
  }
}
