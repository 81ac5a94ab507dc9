import CLinux
import DrainCore
import DrainLinux

/// The ways in which the app tells of itself: the socket of sd_notify(3), and the descriptor of s6.
struct NoticeSources: ~Copyable {
  private let socket: NotifySocket
  private let outer: OuterNotifySocket
  /// Our end of the app's descriptor, until it has said what there is to say.
  private var reader: FileDescriptor?
  /// Its number; -1 for none.
  private(set) var readerNumber: Int32 = -1
  private var writer: FileDescriptor?
  private(set) var datagram: ByteBuffer
  private var passedOn: ByteBuffer
  /// How often the app has to say that it is alive, as its environment tells it; zero where it need not.
  let watchdogPeriod: Interval

  /// Makes the socket, or goes on with what an earlier life had.
  @inline(never) init(
    _ options: borrowing Options, _ earlier: HandOver?, _ loop: borrowing EventLoop
  ) throws(Errno) {
    // Bare, nobody would read them, and an app that writes into a full socket waits.
    let isOff = options.isPlain || earlier?.lives.isBare == true
    let isUsed = options.usesNotify && !isOff
    // A local first: Swift does not undo half an init of a noncopyable value.
    let socket = try NoticeSources.openSocket(isUsed, earlier?.notify ?? -1, loop)
    self.socket = socket
    outer = OuterNotifySocket(isUsed ? getenv("NOTIFY_SOCKET") : nil)
    watchdogPeriod = NoticeSources.period(isUsed ? getenv("WATCHDOG_USEC") : nil)
    let capacity = isUsed ? NotifyMessage.longest : 0
    datagram = ByteBuffer(capacity: capacity)
    passedOn = ByteBuffer(capacity: capacity)
    if let end = FileDescriptor(owning: earlier?.notice ?? -1), !isOff { watch(end, loop) }
  }

  @inline(never) private static func openSocket(
    _ isUsed: Bool, _ earlier: Int32, _ loop: borrowing EventLoop
  )
    throws(Errno) -> NotifySocket
  {
    let inherited = FileDescriptor(owning: earlier)
    if !isUsed { return NotifySocket(nil) }
    let socket: NotifySocket
    switch consume inherited {
    case .some(let descriptor): socket = NotifySocket(descriptor)
    case .none: socket = try NotifySocket.open()
    }
    SystemCall.setCloseOnExec(socket.number)
    try loop.add(socket.number, EventToken(.notify), .reading)
    return socket
  }

  private static func period(_ text: UnsafePointer<CChar>?) -> Interval {
    guard let text else { return .zero }
    let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
    return Interval(microseconds: Span(_unsafeBytes: bytes)) ?? .zero
  }

  /// The socket's number; -1 for none.
  var socketNumber: Int32 { socket.number }

  /// Tells which descriptors are drainit's own.
  func insert(into own: inout OwnDescriptors) {
    own.insert(socket.number)
    own.insert(outer.number)
    own.insert(readerNumber)
  }

  @inline(never) private mutating func watch(
    _ end: consuming FileDescriptor, _ loop: borrowing EventLoop
  ) {
    readerNumber = end.number
    SystemCall.setCloseOnExec(readerNumber)
    // Without memory for it the app is never ready, and runs.
    do throws(Errno) { try loop.add(readerNumber, EventToken(.notice), .reading) } catch {}
    reader = consume end
  }

  /// Makes the pipe of `fd:N`; the number of the app's end, or -1.
  @inline(never) mutating func openPipe(_ loop: borrowing EventLoop) -> Int32 {
    do throws(Errno) {
      let pipe = try Pipe()
      let number = pipe.writer.number
      // Not blocking is drainit's end alone.
      _ = linux_fcntl(number, F_SETFL, 0)
      watch(pipe.reader, loop)
      writer = consume pipe.writer
      return number
    } catch {
      return -1
    }
  }

  /// Closes the app's end, which the app has now.
  mutating func closeWriter() { writer = nil }

  /// The app's environment, in which `NOTIFY_SOCKET` is drainit's where there is one. It is made for
  /// the one start and stays.
  @inline(never) func environment(
    _ original: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    guard socket.number >= 0 else { return original }
    var count = 0
    while original[count] != nil { count &+= 1 }
    let slots = (count &+ 2) &* MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
    var name = ByteBuffer(capacity: 32)
    name.append("NOTIFY_SOCKET=")
    socket.appendName(to: &name)
    guard let memory = calloc(1, slots &+ name.count &+ 1) else { return original }
    let vector = memory.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
    let text = (memory + slots).assumingMemoryBound(to: CChar.self)
    for index in 0..<name.count { text[index] = CChar(bitPattern: name.bytes[index]) }
    var kept = 0
    for index in 0..<count {
      if let entry = original[index], strncmp(entry, text, 14) == 0 { continue }
      vector[kept] = original[index]
      kept &+= 1
    }
    vector[kept] = text
    return vector
  }

  /// The next message of the app; nil when none is waiting. What an outer service manager is to know
  /// is passed on.
  @inline(never) mutating func next() -> NotifyMessage? {
    guard case .bytes = socket.receive(into: &datagram) else { return nil }
    passedOn.removeAll()
    let message = NotifyMessage(datagram, passedOn: &passedOn)
    outer.send(passedOn)
    return message
  }

  /// Reads the app's descriptor; whether it has written a newline, after which nobody reads it, as
  /// after its end (s6-supervise does so).
  @inline(never) mutating func readLine(_ loop: borrowing EventLoop) -> Bool {
    var text = InlineArray<64, UInt8>(repeating: 0)
    let number = readerNumber
    let result = withUnsafeMutableBytes(of: &text) { SystemCall.read(number, into: $0) }
    var hasLine = false
    switch result {
    case .wouldBlock: return false
    case .bytes(let count):
      for index in 0..<count where text[index] == UInt8(ascii: "\n") { hasLine = true }
      if !hasLine { return false }
    case .endOfFile, .failed: break
    }
    // A child of ours may hold a copy.
    do throws(Errno) { try loop.remove(number) } catch {}
    reader = nil
    readerNumber = -1
    return hasLine
  }
}
