/// The bounds of what others write, each with its reason.
public enum ProtocolLimits {
  /// How much of a server's answer to a check is read: as much as the kubelet reads.
  public static var replyBytes: Int { 10 * 1024 }
  /// How much of its first line is shown: with the address it stays one line that a person reads.
  public static var bodyLineBytes: Int { 160 }
}
