/// The bounds of bytes that are shown, each with its reason.
enum ByteLimits {
  /// How many bytes of a name or value an error quotes: it stays one line that a person reads.
  static var quotedBytes: Int { 64 }
}
