/// The bounds of checks, each with its reason.
public enum CheckLimits {
  /// Checks in one set (`--ready`, `--live`, `--start-after`, `--until`): a set of them is a bit mask.
  public static var count: Int { 16 }
  /// The bytes of a check's name where it is printed: 16 of them fit into a body.
  public static var nameBytes: Int { 200 }
}
