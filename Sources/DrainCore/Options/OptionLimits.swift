/// The bounds of what options say, each with its reason.
public enum OptionLimits {
  /// How often a repeatable option may be given: no more checks than a set of them holds.
  public static var repeats: Int { CheckLimits.count }
  /// How often one that is a line of a list may be: each is compared with every connection's peer, or sent.
  public static var entries: Int { 255 }
  /// The bytes of an error's line: a quoted byte is four at most, and a name, a value, what was meant
  /// and the words fit.
  public static var errorBytes: Int { 1024 }
  /// The bytes of a gRPC service's name: its request is one small HTTP/2 frame.
  public static var serviceBytes: Int { 256 }
  /// The bytes of a hook's body: a registry's are a few hundred.
  public static var bodyBytes: Int { 64 * 1024 }
  /// The bytes of `--help all`.
  public static var helpBytes: Int { 16 * 1024 }
}
