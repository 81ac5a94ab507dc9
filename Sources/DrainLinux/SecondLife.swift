import CLinux
import DrainCore

/// What lies ready for the moment of a fault: drainit executed anew in the same process.
///
/// PID 1, its children, pending signals and the descriptors that are passed on survive that; memory does
/// not, so what has to be known is kept as text in a variable of the next one's environment, written
/// after every event. The handler of a fault makes system calls alone.
public struct SecondLife: ~Copyable {
  // Not an option: no name that begins with DRAINIT_.
  private static var variable: StaticString { "drainit-life=" }
  private static var directoryVariable: StaticString { "drainit-directory=" }

  private var text = ByteBuffer(capacity: HandOver.textSize)
  private var scratch = ByteBuffer(capacity: LifecycleState.encodedSize)
  // Two of each: one is what the handler would use while the other is written.
  private let slots: UnsafeMutablePointer<UInt8>
  private static var slotSize: Int { 64 &+ HandOver.textSize }
  private var isFirstSlot = true

  /// Opens drainit's own executable and lays arguments and environment ready; nil where either cannot be
  /// had, and a fault is then what it is to any program.
  ///
  /// - Parameter executable: the name that the kernel started it by, for where there is no `/proc`.
  public init?(
    arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    directory: UnsafePointer<CChar>?
  ) {
    guard let executable = SecondLife.openExecutable() else { return nil }
    var count = 0
    while environment[count] != nil { count &+= 1 }
    let directoryBytes = directory.map { Int(strlen($0)) } ?? 0
    let pointers = (count &+ 3) &* MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
    let total = 2 &* pointers &+ 2 &* SecondLife.slotSize &+ directoryBytes &+ 64
    let memory = mmap(nil, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, UInt(bitPattern: memory) != .max else { return nil }
    let text = (memory + 2 &* pointers).assumingMemoryBound(to: UInt8.self)
    slots = text
    let directoryText = text + 2 &* SecondLife.slotSize
    SecondLife.write(SecondLife.directoryVariable, directory, to: directoryText)
    for slot in 0..<2 {
      let vector = (memory + slot &* pointers)
        .assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
      for index in 0..<count { vector[index] = environment[index] }
      let start = text + slot &* SecondLife.slotSize
      SecondLife.write(SecondLife.variable, nil, to: start)
      vector[count] = UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self)
      vector[count &+ 1] =
        directory == nil
        ? nil : UnsafeMutableRawPointer(directoryText).assumingMemoryBound(to: CChar.self)
      vector[count &+ 2] = nil
      if slot == 0 { lifeFirst = vector } else { lifeSecond = vector }
    }
    lifeArguments = arguments
    lifeExecutable = executable.release()
  }

  /// drainit's own executable, kept from the start.
  public var executableNumber: Int32 { lifeExecutable }

  /// Replaces what the next one would be told.
  public mutating func store(_ handOver: HandOver) {
    text.removeAll()
    handOver.append(to: &text, scratch: &scratch)
    let isFirst = isFirstSlot
    isFirstSlot = !isFirst
    let name = SecondLife.variable.utf8CodeUnitCount
    let start = slots + (isFirst ? name : name &+ SecondLife.slotSize)
    text.withBytes {
      UnsafeMutableRawPointer(start).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
    start[HandOver.textSize] = 0
    lifeApp = handOver.lifecycle.appPID
    lifeEndpoint = handOver.endpoint
    lifeIsBare = handOver.lives.isBare
    // Last: from here on it is whole.
    lifeEnvironment = isFirst ? lifeFirst : lifeSecond
  }

  /// Takes what another drainit left out of the environment, so that no child is given it.
  ///
  /// Returns it where it was written by this very process in an earlier life.
  public static func take(
    from environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> (handOver: HandOver, directory: UnsafePointer<CChar>?)? {
    var found: HandOver?
    var directory: UnsafePointer<CChar>?
    var kept = 0
    var index = 0
    while let entry = environment[index] {
      index &+= 1
      if let value = value(of: entry, variable) {
        let length = Int(strlen(value))
        let bytes = UnsafeRawBufferPointer(start: value, count: length)
        found = HandOver(Span(_unsafeBytes: bytes))
      } else if let value = value(of: entry, directoryVariable) {
        directory = UnsafePointer(value)
      } else {
        environment[kept] = entry
        kept &+= 1
      }
    }
    if kept < index { environment[kept] = nil }
    // Somebody else's, or typed: the app must be our child.
    guard let found, found.pid == getpid() else { return nil }
    return (found, directory)
  }

  private static func value(
    of entry: UnsafeMutablePointer<CChar>, _ name: StaticString
  ) -> UnsafeMutablePointer<CChar>? {
    for index in 0..<name.utf8CodeUnitCount
    where UInt8(bitPattern: entry[index]) != name.utf8Start[index] {
      return nil
    }
    return entry + name.utf8CodeUnitCount
  }

  private static func write(
    _ name: StaticString, _ value: UnsafePointer<CChar>?, to start: UnsafeMutablePointer<UInt8>
  ) {
    let length = name.utf8CodeUnitCount
    for index in 0..<length { start[index] = name.utf8Start[index] }
    var index = 0
    while let value, value[index] != 0 {
      start[length &+ index] = UInt8(bitPattern: value[index])
      index &+= 1
    }
    start[length &+ index] = 0
  }

  /// Opened for execution alone: it may not be readable.
  private static func openExecutable() -> FileDescriptor? {
    do { return try SystemCall.openExecutable(linux_O_PATH) } catch { return nil }
  }
}

// What the handler needs, and it has no other way to be given it.
nonisolated(unsafe) private var lifeExecutable: Int32 = -1
nonisolated(unsafe) private var lifeArguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
nonisolated(unsafe) private var lifeFirst: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
nonisolated(unsafe) private var lifeSecond: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
nonisolated(unsafe) private var lifeEnvironment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
nonisolated(unsafe) private var lifeEndpoint: Int32 = -1
nonisolated(unsafe) private var lifeApp: Int32 = 0
nonisolated(unsafe) private var lifeIsBare = false

/// Executes drainit anew; returns only where nothing lies ready for it. For the handler of a fault.
///
/// Where the system refuses it, for want of memory say, it is tried again every 100 ms; should the app end
/// meanwhile, that is the container's end with the app's own code.
func beginSecondLife() {
  guard let environment = lifeEnvironment, let arguments = lifeArguments else { return }
  if lifeIsBare { pauseLife() }
  if lifeEndpoint >= 0 { _ = linux_fcntl(lifeEndpoint, F_SETFD, 0) }
  while true {
    _ = linux_execveat_self(lifeExecutable, arguments, environment)
    endWithTheApp()
    pauseLife()
  }
}

private func pauseLife() {
  var time = timespec(tv_sec: 0, tv_nsec: 100_000_000)
  _ = nanosleep(&time, nil)
}

private func endWithTheApp() {
  if lifeApp <= 0 { return }
  var record = siginfo_t()
  let options = linux_WEXITED | linux_WNOHANG
  if linux_waitid(linux_P_PID, UInt32(bitPattern: lifeApp), &record, options) != 0 { return }
  if linux_si_pid(&record) == 0 { return }
  let status = linux_si_status(&record)
  _exit(linux_si_code(&record) == linux_CLD_EXITED ? status : 128 &+ status)
}
