/// Which drainit this is.
public enum Version {
  /// The release's number, as `--version` prints it (semver.org).
  public static var text: StaticString { "0.2.0" }
  /// What `--license` prints: whose work is in the executable.
  public static var license: StaticString {
    """
    drainit is under the license of the source that it was built from. In it are musl (MIT)
    and parts of Swift (Apache License 2.0 with Runtime Library Exception).

    """
  }
}
