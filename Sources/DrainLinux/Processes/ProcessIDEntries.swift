import CLinux

/// The variables of an environment that name a process, where they name drainit: they are meant for
/// the program that it starts (sd_listen_fds(3), sd_watchdog_enabled(3)).
struct ProcessIDEntries: BitwiseCopyable {
  /// How many bytes of text both entries need.
  static var textRoom: Int { 64 }

  private var listen = Entry()
  private var watchdog = Entry()
  private let text: UnsafeMutablePointer<CChar>

  private struct Entry: BitwiseCopyable {
    var slot: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    var original: UnsafeMutablePointer<CChar>?
  }

  /// Finds the entries that name the process `pid`; `text` has `textRoom` bytes for new ones.
  init(
    naming pid: Int32, in environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    text: UnsafeMutablePointer<CChar>
  ) {
    self.text = text
    var slot = environment
    while let entry = slot.pointee {
      if ProcessIDEntries.names(pid, entry, "LISTEN_PID=") {
        listen = Entry(slot: slot, original: entry)
      }
      if ProcessIDEntries.names(pid, entry, "WATCHDOG_PID=") {
        watchdog = Entry(slot: slot, original: entry)
      }
      slot += 1
    }
  }

  /// Makes them name `pid`.
  func rename(to pid: Int32) {
    ProcessIDEntries.write("LISTEN_PID=", pid, listen, text)
    ProcessIDEntries.write("WATCHDOG_PID=", pid, watchdog, text + ProcessIDEntries.textRoom / 2)
  }

  /// Puts back the entries as they were, where a child that shares our memory has renamed them.
  func restore() {
    listen.slot?.pointee = listen.original
    watchdog.slot?.pointee = watchdog.original
  }

  private static func names(
    _ pid: Int32, _ entry: UnsafeMutablePointer<CChar>, _ name: StaticString
  ) -> Bool {
    let length = name.utf8CodeUnitCount
    guard
      strncmp(entry, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), length)
        == 0
    else { return false }
    var end: UnsafeMutablePointer<CChar>?
    let value = strtol(entry + length, &end, 10)
    return entry[length] != 0 && end?.pointee == 0 && value == Int(pid)
  }

  private static func write(
    _ name: StaticString, _ pid: Int32, _ entry: Entry, _ text: UnsafeMutablePointer<CChar>
  ) {
    guard let slot = entry.slot else { return }
    let length = name.utf8CodeUnitCount
    memcpy(text, name.utf8Start, length)
    _ = NumberText.write(pid, to: text + length)
    slot.pointee = text
  }
}
