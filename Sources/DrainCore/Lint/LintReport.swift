// Findings as lines: for people, and as JSON for machines.

extension Lint {
  /// The longest line; without so much room none is begun.
  public static var longestLine: Int { OptionLimits.errorBytes &+ 2048 }

  /// Appends a finding's line, `error: Deployment/web in shop: PATH: WHY [RULE]`.
  public func append(_ index: Int, asJSON: Bool, to out: inout ByteBuffer) {
    if asJSON { return appendJSON(findings[index], &out) }
    let finding = findings[index]
    out.append(finding.rule.isError ? "error: " : "note: ")
    if finding.rule == .repeatedName {
      out.append("line ")
      out.append(decimal: Int64(finding.object))
      out.append(": ")
    } else {
      let node = objects[Int(finding.object)].node
      append(name: manifest.string(node, "kind"), to: &out)
      out.append("/")
      append(name: manifest.string(node, "metadata.name"), to: &out)
      let namespace = manifest.string(node, "metadata.namespace")
      if !namespace.isEmpty {
        out.append(" in ")
        append(name: namespace, to: &out)
      }
      out.append(": ")
      append(pathOf: finding, to: &out)
      out.append(": ")
    }
    append(wordsOf: finding, to: &out)
    out.append(" [")
    out.append(finding.rule.name.span)
    out.append("]\n")
  }

  /// Appends a finding as one JSON object in a line.
  private func appendJSON(_ finding: LintFinding, _ out: inout ByteBuffer) {
    out.append("{")
    out.field("level")
    out.string(finding.rule.isError ? "error" : "note")
    out.field("rule")
    out.string([UInt8](copying: finding.rule.name.span))
    if finding.rule == .repeatedName {
      out.field("line")
      out.append(decimal: Int64(finding.object))
    } else {
      let node = objects[Int(finding.object)].node
      out.field("kind")
      out.string(shortened(manifest.string(node, "kind")))
      out.field("name")
      out.string(shortened(manifest.string(node, "metadata.name")))
      let namespace = manifest.string(node, "metadata.namespace")
      if !namespace.isEmpty {
        out.field("namespace")
        out.string(shortened(namespace))
      }
      var path = ByteBuffer(capacity: 256)
      append(pathOf: finding, to: &path)
      out.field("path")
      out.string([UInt8](copying: path.bytes))
    }
    var message = ByteBuffer(capacity: Lint.longestLine)
    append(wordsOf: finding, to: &message)
    out.field("message")
    out.string([UInt8](copying: message.bytes))
    out.append("}\n")
  }

  /// No name of Kubernetes is longer than 253 bytes.
  private func shortened(_ name: [UInt8]) -> [UInt8] { [UInt8](copying: name.span.before(253)) }

  private func append(name: [UInt8], to out: inout ByteBuffer) {
    out.append(escaping: name.span.before(253))
  }

  private func append(pathOf finding: LintFinding, to out: inout ByteBuffer) {
    let rule = finding.rule
    var path = rule.path.span
    switch rule.base {
    case .object: path = path.from(1)
    case .pod: out.append(objects[Int(finding.object)].path)
    case .container:
      out.append(objects[Int(finding.object)].path)
      out.append(finding.isInit ? ".initContainers[" : ".containers[")
      out.append(decimal: Int64(finding.container))
      out.append("]")
    }
    if isEqual(path, ".Probe") {
      switch finding.probe {
      case 0: out.append(".readinessProbe")
      case 1: out.append(".livenessProbe")
      default: out.append(".startupProbe")
      }
    } else if !isEqual(path, ".") {
      out.append(path)
    }
  }

  /// Its own words, then the rule's.
  private func append(wordsOf finding: LintFinding, to out: inout ByteBuffer) {
    let start = Int(finding.words)
    if finding.count > 0 {
      out.append(printable: words.span.cut(start, start &+ Int(finding.count)))
      if !finding.rule.why.isEmpty { out.append(": ") }
    }
    out.append(finding.rule.why.span)
  }
}
