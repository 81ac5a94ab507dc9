import DrainCore
import DrainLinux

/// What the app is called at any moment, and which program of the signal table that makes it.
///
/// An entrypoint script becomes its program without a word to anybody, so the name is read at each signal to
/// which it matters; what follows from it is worked out once.
struct AppName: ~Copyable {
  /// The file with it, once it was asked for.
  private var file: FileDescriptor?
  private var text: UInt128 = 0
  /// As it was at the last look; empty where it cannot be known.
  private(set) var value = ProgramName()
  /// The program of the table that is called so.
  private(set) var program = KnownProgram.other

  /// Tells which descriptor is its own.
  mutating func insert(into own: inout OwnDescriptors) { own.insert(file?.number ?? -1) }

  /// Looks again; whether the name is another than at the last look.
  mutating func look(at app: Int32) -> Bool {
    if file == nil { file = ProcessFiles.openName(app) }
    let now = ProcessFiles.nameText(in: file?.number ?? -1)
    if now == text { return false }
    text = now
    takeOver(now)
    return true
  }

  @inline(never) private mutating func takeOver(_ text: UInt128) {
    value =
      text == 0
      ? ProgramName() : withUnsafeBytes(of: text) { ProgramName(Span(_unsafeBytes: $0)) }
    program = KnownProgram(comm: value.bytes)
  }
}
