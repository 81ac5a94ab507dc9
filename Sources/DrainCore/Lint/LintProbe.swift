/// A probe of the kubelet's.
struct LintProbe: BitwiseCopyable {
  enum How: UInt8 { case none, http, tcp, grpc, exec, drainit }

  let node: Int
  let how: How
  /// The port that it asks; -1 where there is none, or by a name that is not there.
  private(set) var port = -1
  /// Whether its port is named by what the container does not have.
  private(set) var isUnknown = false
  let period: Int
  /// How long it takes to find what it is there for, in seconds.
  let needed: Int

  static func name(_ kind: UInt8) -> Literal {
    switch kind {
    case 0: "readinessProbe"
    case 1: "livenessProbe"
    default: "startupProbe"
    }
  }

  @inline(never) init(_ manifest: borrowing YAMLStream, _ container: Int, _ kind: UInt8) {
    node = manifest.find(container, LintProbe.name(kind))
    period = manifest.number(node, "periodSeconds", or: 10)
    needed = period &* manifest.number(node, "failureThreshold", or: 3)
    var asked = manifest.find(node, "httpGet.port")
    if asked != 0 {
      how = .http
    } else if manifest.has(node, "tcpSocket") {
      how = .tcp
      asked = manifest.find(node, "tcpSocket.port")
    } else if manifest.has(node, "grpc") {
      how = .grpc
      asked = manifest.find(node, "grpc.port")
    } else if manifest.has(node, "exec") {
      let command = LintContainer.texts(manifest, manifest.first(node, "exec.command"), [])
      how = LintContainer.index(command, of: "drainit") == nil ? .exec : .drainit
    } else {
      how = .none
    }
    if asked == 0 { return }
    port = manifest.number(asked, "")
    if port >= 0 { return }
    isUnknown = true
    var item = manifest.first(container, "ports")
    while item != 0 {
      if manifest.isSame(asked, manifest.find(item, "name")) {
        port = manifest.number(item, "containerPort")
        isUnknown = false
      }
      item = manifest.next(item)
    }
  }
}
