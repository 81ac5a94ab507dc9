import CLinux
import DrainCore

/// What lies ready for the moment of a fault: drainit executed anew in the same process.
///
/// PID 1, its children, pending signals and the descriptors that are passed on survive that; memory does
/// not, so what has to be known is kept as text in a variable of the next one's environment, written
/// after every event. The handler of a fault makes system calls alone.
///
/// The two variables are the environment's last. Before the text stand two characters: how many lives have
/// ended in their own start since it was written, and by which signal the last one did.
public struct SecondLife: ~Copyable {
  // Not an option: no name that begins with DRAINIT_.
  private static var variable: StaticString { "drainit-life=" }
  private static var directoryVariable: StaticString { "drainit-directory=" }
  fileprivate static var textStart: Int { variable.utf8CodeUnitCount &+ 2 }

  private var text = ByteBuffer(capacity: HandOver.textSize)
  // Two of each: one is what the handler would use while the other is written.
  private let slots: UnsafeMutablePointer<UInt8>
  private let vectors: (LifeVector, LifeVector)
  private let directory: UnsafeMutablePointer<UInt8>
  private let count: Int
  private static var slotSize: Int { 64 &+ HandOver.textSize }
  private static var directorySize: Int { 64 &+ StartDirectory.longest }
  private var isFirstSlot = true

  /// Opens drainit's own executable and lays arguments and environment ready; nil where either cannot be
  /// had, and a fault is then what it is to any program. So it is until `store` is called.
  public init?(arguments: LifeVector, environment: LifeVector) {
    if text.capacity == 0 { return nil }
    if lifeExecutable < 0 {
      guard let executable = SecondLife.openExecutable() else { return nil }
      lifeExecutable = executable.release()
    }
    var count = 0
    while environment[count] != nil { count &+= 1 }
    let pointers = (count &+ 3) &* MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
    let total = 2 &* pointers &+ 2 &* SecondLife.slotSize &+ SecondLife.directorySize
    let memory = mmap(nil, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, UInt(bitPattern: memory) != .max else { return nil }
    slots = (memory + 2 &* pointers).assumingMemoryBound(to: UInt8.self)
    directory = slots + 2 &* SecondLife.slotSize
    let pointer = UnsafeMutablePointer<CChar>?.self
    vectors = (
      memory.assumingMemoryBound(to: pointer),
      (memory + pointers).assumingMemoryBound(to: pointer)
    )
    self.count = count
    lay(vectors.0, environment, slots)
    lay(vectors.1, environment, slots + SecondLife.slotSize)
    SecondLife.write(SecondLife.directoryVariable, to: directory)
    lifeArguments = arguments
  }

  private func lay(
    _ vector: LifeVector, _ environment: LifeVector, _ slot: UnsafeMutablePointer<UInt8>
  ) {
    // The rest of the memory is zero.
    for index in 0..<count { vector[index] = environment[index] }
    SecondLife.write(SecondLife.variable, to: slot)
    slot[SecondLife.textStart &- 2] = UInt8(ascii: "0")
    vector[count] = UnsafeMutableRawPointer(slot).assumingMemoryBound(to: CChar.self)
    vector[count &+ 1] = UnsafeMutableRawPointer(directory).assumingMemoryBound(to: CChar.self)
  }

  /// drainit's own executable, kept from the start; -1 where it is not kept.
  public static var executableNumber: Int32 { lifeExecutable }

  /// Replaces what the next one would be told.
  public mutating func store(_ handOver: HandOver) {
    text.removeAll()
    handOver.append(to: &text)
    let isFirst = isFirstSlot
    isFirstSlot = !isFirst
    let slot = isFirst ? slots : slots + SecondLife.slotSize
    text.withBytes {
      UnsafeMutableRawPointer(slot + SecondLife.textStart)
        .copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
    lifePauses = handOver.lives.isBare
    lifeEntry = count
    lifeText = UnsafeMutableRawPointer(slot).assumingMemoryBound(to: CChar.self)
    // Last: from here on it is whole, and what has been read is dealt with.
    lifeEnvironment = isFirst ? vectors.0 : vectors.1
    SignalQueue.passedOn()
  }

  /// Tells where the children of the next one shall begin.
  public borrowing func store(directory name: UnsafePointer<CChar>?) {
    guard let name, strlen(name) < StartDirectory.longest else { return }
    strcpy(
      UnsafeMutableRawPointer(directory + SecondLife.directoryVariable.utf8CodeUnitCount)
        .assumingMemoryBound(to: CChar.self), name)
  }

  /// Leaves a fault what it is to any program until the next `store`: for the moment of the app's start,
  /// which must not be made twice.
  public static func withdraw() { lifeEnvironment = nil }

  /// Takes what an earlier drainit in this process left out of the environment, so that no child is given
  /// it. From here on a fault, or `beginAgain`, executes drainit anew once more.
  public static func take(
    arguments: LifeVector, environment: LifeVector
  ) -> (handOver: HandOver, directory: UnsafePointer<CChar>, failures: UInt8, signal: Signal)? {
    var count = 0
    while environment[count] != nil { count &+= 1 }
    guard count >= 2, let entry = environment[count &- 2], let last = environment[count &- 1],
      begins(entry, variable), begins(last, directoryVariable), strlen(entry) > textStart
    else { return nil }
    let text = entry + textStart
    let bytes = UnsafeRawBufferPointer(start: text, count: Int(strlen(text)))
    lifeExecutable = HandOver.executable(in: Span(_unsafeBytes: bytes))
    lifePauses = true
    lifeEntry = count &- 2
    lifeText = entry
    lifeArguments = arguments
    lifeEnvironment = environment
    let failures = UInt8(bitPattern: text[-2]) &- UInt8(ascii: "0")
    if failures < 9 { text[-2] &+= 1 }
    environment[lifeEntry] = nil
    // Executed anew by a handler, it is blocked still.
    var faults = FaultSignals.all.bits
    _ = linux_sigprocmask(linux_SIG_UNBLOCK, &faults, nil)
    // Somebody else's, or typed: the app must be our child.
    guard let found = handOver(in: entry), found.pid == getpid() else {
      withdraw()
      lifeExecutable = -1
      return nil
    }
    SystemCall.setCloseOnExec(lifeExecutable)
    let signal = Signal(Int32(UInt8(bitPattern: text[-1]) &- UInt8(ascii: "0")))
    let directory = UnsafePointer(last + directoryVariable.utf8CodeUnitCount)
    return (found, directory, failures, signal)
  }

  @inline(never) fileprivate static func handOver(in entry: UnsafePointer<CChar>) -> HandOver? {
    let text = entry + textStart
    return HandOver(
      Span(_unsafeBytes: UnsafeRawBufferPointer(start: text, count: Int(strlen(text)))))
  }

  /// Gives this life up before it has begun, for want of memory or descriptors; the next one may have more.
  public static func beginAgain() { beginSecondLife(0) }

  /// Executes drainit anew after a fault; returns only where nothing lies ready for it.
  public static func begin(after fault: Int32) { beginSecondLife(fault) }

  private static func begins(_ entry: UnsafeMutablePointer<CChar>, _ name: StaticString) -> Bool {
    strncmp(
      entry, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self),
      name.utf8CodeUnitCount) == 0
  }

  /// Writes a variable's name.
  private static func write(_ name: StaticString, to start: UnsafeMutablePointer<UInt8>) {
    memcpy(start, name.utf8Start, name.utf8CodeUnitCount)
  }

  /// Opened for execution alone: it may not be readable.
  private static func openExecutable() -> FileDescriptor? {
    do { return try SystemCall.openExecutable(linux_O_PATH) } catch { return nil }
  }
}

/// A vector of C strings with a null at its end.
public typealias LifeVector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

// What the handler needs, and it has no other way to be given it.
nonisolated(unsafe) private var lifeExecutable: Int32 = -1
nonisolated(unsafe) private var lifeArguments: LifeVector?
nonisolated(unsafe) private var lifeEnvironment: LifeVector?
nonisolated(unsafe) private var lifeEntry = 0
nonisolated(unsafe) private var lifeText: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var lifePauses = false

/// Executes drainit anew; returns only where nothing lies ready for it. For the handler of a fault.
///
/// Where the system refuses it, for want of memory say, it is tried again every 100 ms, and meanwhile, or for
/// good where it would be refused at every try, the `LastLife` passes signals on and reaps.
private func beginSecondLife(_ signal: Int32) {
  guard let environment = lifeEnvironment, let arguments = lifeArguments, let text = lifeText,
    let found = SecondLife.handOver(in: text)
  else { return }
  putBackSignalsInHand()
  text[SecondLife.textStart &- 1] = CChar(truncatingIfNeeded: signal &+ 48)
  environment[lifeEntry] = text
  lastLife?.pointee.follow(found)
  // What comes meanwhile waits for the next life, unless none has come through its start for long.
  if lifePauses { pause(isDeaf: text[SecondLife.textStart &- 2] < CChar(UInt8(ascii: "3"))) }
  // -1, for none, is refused.
  _ = linux_fcntl(found.endpoint, F_SETFD, 0)
  _ = linux_fcntl(found.notify, F_SETFD, 0)
  _ = linux_fcntl(found.notice, F_SETFD, 0)
  _ = linux_fcntl(lifeExecutable, F_SETFD, 0)
  while true {
    // What the last life has begun, a stop above all, the next one would not know.
    let hasActed = lastLife?.pointee.hasActed == true
    if !hasActed { _ = linux_execveat_self(lifeExecutable, arguments, environment) }
    if hasActed || !isPassing(linux_errno()) {
      // Nobody will answer a probe any more: refused it is known at once. An app that writes into a full
      // socket waits.
      _ = close(found.endpoint)
      _ = close(found.notify)
      lastLife?.pointee.live()
    }
    pause(isDeaf: false)
  }
}

/// The time until another try.
@inline(never) private func pause(isDeaf: Bool) {
  if let lastLife, !isDeaf {
    lastLife.pointee.live(for: .milliseconds(100))
  } else {
    SignalQueue.wait(for: -1, 100)
  }
}

/// Whether an exec that failed so may work a little later.
private func isPassing(_ error: Int32) -> Bool {
  error == ENOMEM || error == EAGAIN || error == EMFILE || error == ENFILE || error == EIO
    || error == ETXTBSY
}
