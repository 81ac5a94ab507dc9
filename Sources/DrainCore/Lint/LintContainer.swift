/// How drainit is in a container, as far as a manifest shows it.
///
/// The image's own ENTRYPOINT cannot be seen: drainit is taken to be it where a variable of drainit's,
/// or a probe of its paths, says so.
struct LintContainer: ~Copyable {
  /// Whether drainit is in it.
  let isThere: Bool
  /// The words of its command, drainit itself at `first`.
  private let words: [[UInt8]]
  private let first: Int
  /// Its variables, `NAME=value`.
  let environment: [[UInt8]]

  /// Looks at the container at `place`.
  @inline(never) init(_ document: borrowing JSONDocument, _ place: Int) {
    var words: [[UInt8]] = []
    var first: Int?
    var next = document.first(place, "command")
    var isInArguments = false
    while true {
      guard let at = next else {
        if isInArguments { break }
        isInArguments = true
        next = document.first(place, "args")
        continue
      }
      let text = document.string(at, "")
      if first == nil && LintContainer.isProgram(text, "drainit") { first = words.count }
      words.append(text)
      next = document.next(after: at)
    }
    environment = LintContainer.variables(document, place)
    isThere =
      first != nil || !environment.isEmpty || LintContainer.isProbed(document, place)
    self.words = words
    self.first = first ?? -1
  }

  /// What drainit is started with, its own name first; where that is the image's, a program and no
  /// options.
  @inline(never) func commandLine() -> (Int) -> [UInt8]? {
    let words = words
    let first = first
    return { index in
      if first < 0 { return index < 2 ? [UInt8]("app") : nil }
      return first &+ index < words.count ? words[first &+ index] : nil
    }
  }

  /// Whether the word is the path of that program.
  static func isProgram(_ word: [UInt8], _ name: StaticString) -> Bool {
    isEqual(word.span.from((word.span.lastIndex(of: UInt8(ascii: "/")) ?? -1) &+ 1), name)
  }

  private static func isProbed(_ document: borrowing JSONDocument, _ place: Int) -> Bool {
    return document.isText(place, "readinessProbe.httpGet.path", "/readyz")
      && Lint.probePort(document, place, "readinessProbe") == Int(EndpointLimits.port)
  }

  /// The variables that are drainit's and have a value in the manifest.
  private static func variables(_ document: borrowing JSONDocument, _ place: Int) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var item = document.first(place, "env")
    while let at = item {
      var text = document.string(at, "name")
      if hasPrefix(text.span, "DRAINIT_"), let value = document.find(at, "value") {
        text.append(UInt8(ascii: "="))
        text.append(contentsOf: document.string(value, ""))
        // $(NAME) is filled in by the kubelet: what it comes to is not in the manifest.
        if text.span.index(of: "$(") == nil { found.append(text) }
      }
      item = document.next(after: at)
    }
    return found
  }
}
