/// The bounds of what others write, each with its reason.
public enum ProtocolLimits {
  /// How much of a server's answer to a check is read: as much as the kubelet reads.
  public static var replyBytes: Int { 10 * 1024 }
}
