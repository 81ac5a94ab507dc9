/// Which drainit this is.
public enum Version {
  /// The release's number, as `--version` prints it (semver.org).
  public static var text: StaticString { "0.1.0" }
}
