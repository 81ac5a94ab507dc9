/// What `--lint` can find: where it is, why it matters, and what is right.
enum LintFinding {
  // Requests are lost.
  case noReadiness, noReadinessAlone, noWait, sleepsPastGrace
  case sleepsBeside, shell, probesAppFast, oneReplica, liveIsReady, samePort, localUnready
  case refused, graceTooShort, graceDiffers
  // Something to look at.
  case sleepsAlone, probesApp, slowReadiness, hostPort, sharedProcesses, worker

  /// Whether it loses requests; else it is a note.
  var isError: Bool {
    switch self {
    case .sleepsAlone, .probesApp, .slowReadiness, .hostPort, .sharedProcesses, .worker: false
    default: true
    }
  }

  /// Below what of the manifest the path goes on.
  enum Base { case container, pod, workload }

  var base: Base {
    switch self {
    case .graceTooShort, .graceDiffers, .sharedProcesses, .sleepsPastGrace: .pod
    case .oneReplica: .workload
    default: .container
    }
  }

  /// The rest of the path, and the sentence.
  var words: (path: StaticString, why: StaticString) {
    switch self {
    // drainit words it itself.
    case .refused: ("", "")
    case .graceTooShort: (".terminationGracePeriodSeconds", "")
    case .noReadiness:
      (
        ".readinessProbe",
        "there is none: traffic comes before the app can answer; httpGet /readyz port 14315"
      )
    case .noReadinessAlone:
      (
        ".readinessProbe",
        "there is none: traffic comes before the app can answer; a probe, or drainit"
      )
    case .noWait:
      (
        ".lifecycle.preStop",
        "nothing waits: SIGTERM comes seconds before traffic ends, and that is lost; drainit"
      )
    case .sleepsPastGrace:
      (
        ".terminationGracePeriodSeconds",
        "the preStop sleep takes it all, and SIGKILL follows; more than sleep and stop together"
      )
    case .sleepsBeside:
      (".lifecycle.preStop", "a sleep that comes on top of drainit's window; remove it")
    case .shell:
      (
        ".command",
        "sh -c stays between, and signals end it, not the program; exec PROGRAM, or no shell"
      )
    case .probesAppFast:
      (
        ".readinessProbe",
        "asks the app's port so often that drainit's window never is quiet; httpGet /readyz on drainit's"
      )
    case .oneReplica:
      (
        ".strategy.rollingUpdate.maxUnavailable",
        "the only pod goes before the new one is there; 0"
      )
    case .liveIsReady:
      (".livenessProbe", "/readyz fails while the pod drains, and the kubelet kills it; /livez")
    case .samePort:
      (
        ".env",
        "another container's drainit has the same port, and a pod has one network; DRAINIT_LISTEN=14316"
      )
    case .localUnready:
      (
        ".env",
        "externalTrafficPolicy: Local has no other pod to fall back to; DRAINIT_UNREADY_AFTER=end"
      )
    case .graceDiffers:
      (
        ".terminationGracePeriodSeconds",
        "less than --grace: the kubelet kills before drainit's plan is over; the same"
      )
    case .sleepsAlone:
      (
        ".lifecycle.preStop",
        "a fixed wait: too long for every stop, or too short for one; drainit ends it with the traffic"
      )
    case .probesApp:
      (
        ".readinessProbe",
        "asks the app, which stays ready while it drains; httpGet /readyz on drainit's port"
      )
    case .slowReadiness:
      (
        ".readinessProbe",
        "period x failures is longer than the window: its readers learn late; 5 s and 1 failure"
      )
    case .hostPort:
      (
        ".ports",
        "a hostPort: the new pod cannot share the node with the old one; maxSurge needs nodes"
      )
    case .sharedProcesses:
      (
        ".shareProcessNamespace",
        "drainit is not PID 1 then: what the app leaves behind lives on; --orphans 5s"
      )
    case .worker:
      (
        ".env",
        "no port and no readinessProbe: if nobody connects to it, DRAINIT_DRAIN=0; else a probe"
      )
    }
  }
}
