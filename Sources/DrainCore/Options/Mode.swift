/// What drainit is asked to be.
public enum Mode: Equatable, Sendable {
  /// Run the app: what drainit is for.
  case run
  /// `--version`.
  case version
  /// `--help`: the options that matter.
  case help
  /// `--help all`: every option.
  case helpAll
  /// `--license`, as tini and catatonit have it.
  case license
  /// `--plan`: print the timeline that the options make; a command may be given and is not run.
  case plan
  /// `--lint`: say what in the manifest on standard input would lose requests.
  case lint
  /// `--probe URL`: ask once, as a check does.
  case probe
  /// `--install PATH`: copy drainit itself there.
  case install
  /// `--hold`: the drain window alone, as a preStop hook of a container whose PID 1 is another.
  case hold
}
