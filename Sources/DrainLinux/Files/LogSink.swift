import CLinux
import DrainCore

/// The error output, written one finished line at a time, without ever waiting for a reader.
///
/// The description behind descriptor 2 is the app's, too, so its flags stay as they are; what the
/// descriptor is decides how a write that cannot wait is made on it (`LogRoute`). It is found out at
/// the first line. A line that nobody takes is dropped and counted.
public struct LogSink: ~Copyable {
  /// The longest line: what a pipe takes whole or not at all (PIPE_BUF, pipe(7)).
  public static var lineLimit: Int { 4096 }

  /// How many lines were dropped so far.
  public private(set) var dropped: UInt64 = 0
  private let number: Int32
  private var route = LogRoute.unknown
  private var reopened: FileDescriptor?
  private var splicer: Pipe?
  // What is left of a line that was taken in part: it is finished before the next one begins. It
  // has room from the first such line on.
  private var rest = ByteBuffer(capacity: 0)

  /// The descriptor that the sink has opened for itself, or -1; for whoever closes the others.
  public private(set) var ownNumber: Int32 = -1
  /// The pipe that lines are moved through, or -1 twice; likewise.
  public private(set) var spliceNumbers: (reader: Int32, writer: Int32) = (-1, -1)

  /// Makes a sink for a descriptor; the usual one is 2. Before drainit opens any other: where 2 is
  /// closed, that number becomes something else's.
  public init(_ number: Int32 = 2) {
    self.number = number
    if !SystemCall.isOpen(number) { route = .closed }
  }

  /// Makes a sink whose route is given, to try the ones that this kernel has a better one for.
  init(_ number: Int32, by route: LogRoute) {
    self.number = number
    self.route = route
  }

  /// Whether lines go anywhere: false for an error output that is closed, or cannot be written
  /// without waiting.
  public var isOpen: Bool { route != .closed }

  /// Writes one line, with its line end; returns whether it was taken, in part at least.
  @discardableResult public mutating func write(_ line: Span<UInt8>) -> Bool {
    if route == .unknown { open() }
    flush()
    let length = min(line.count, LogSink.lineLimit)
    if length == 0 || rest.count > 0 || route == .closed { return drop() }
    let transfer = line.withUnsafeBytes { put(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    guard case .bytes(let taken) = transfer else { return drop() }
    if taken < length {
      if rest.capacity < LogSink.lineLimit { rest = ByteBuffer(capacity: LogSink.lineLimit) }
      rest.append(line.extracting(taken..<length))
    }
    return true
  }

  /// Writes what is left of a line that was taken in part; at the very end, too.
  public mutating func flush() {
    if rest.count == 0 { return }
    // `put` never touches the buffer.
    switch put(rest.withBytes { $0 }) {
    case .bytes(let taken): rest.removeFirst(taken)
    case .wouldBlock: break
    // Nobody will ever read the rest.
    case .endOfFile, .failed: rest.removeAll()
    }
  }

  private mutating func drop() -> Bool {
    dropped &+= 1
    return false
  }

  private mutating func open() {
    route = LogRoute.of(number)
    guard route == .reopen else { return }
    if let descriptor = LogRoute.reopen(number) {
      ownNumber = descriptor.number
      reopened = consume descriptor
    } else {
      route = LogRoute.isTerminal(number) ? .closed : .noWait
    }
  }

  /// One attempt to write, by the route that is known to work, or the next one.
  private mutating func put(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    switch route {
    case .unknown, .closed: return .failed(Errno(EBADF))
    case .plain: return SystemCall.write(number, bytes)
    case .socket: return SystemCall.send(number, bytes)
    case .reopen: return SystemCall.write(ownNumber, bytes)
    case .noWait:
      let transfer = SystemCall.writeWithoutWaiting(number, bytes)
      guard case .failed(let error) = transfer, error.isRefusal else { return transfer }
      // Older kernels' pipes have no such writes.
      route = .splice
      return splice(bytes)
    case .splice: return splice(bytes)
    }
  }

  /// Puts the line into a pipe of our own and moves it from there: a whole page at a time, and
  /// without waiting for room (splice(2)).
  private mutating func splice(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    if spliceNumbers.writer < 0 {
      do {
        let pipe = try Pipe()
        spliceNumbers = (pipe.reader.number, pipe.writer.number)
        splicer = consume pipe
      } catch { return .wouldBlock }
    }
    let (reader, writer) = spliceNumbers
    let put = SystemCall.write(writer, bytes)
    guard case .bytes(let length) = put else { return put }
    let moved = SystemCall.splice(from: reader, to: number, length)
    var left = length
    if case .bytes(let taken) = moved { left &-= taken }
    // What was not moved is taken out again: the caller keeps it.
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
      while left > 0, case .bytes(let read) = SystemCall.read(reader, into: buffer) {
        left &-= read
      }
    }
    if case .failed(let error) = moved, error.isRefusal { route = .closed }
    return moved
  }
}

/// How a line gets to the error output without waiting, by what that is.
enum LogRoute: UInt8, BitwiseCopyable {
  /// Not looked at yet.
  case unknown
  /// Nowhere.
  case closed
  /// A write as it is: a regular file, whose offset is shared with the app (reopened, ours would
  /// cover the app's lines), or a device that never waits.
  case plain
  /// A send that says so itself.
  case socket
  /// A description of our own, opened not to wait: a pipe or a terminal.
  case reopen
  /// A pipe that may not be reopened, another user's: pwritev2(2) with RWF_NOWAIT.
  case noWait
  /// The same before Linux 6.5 or so, whose pipes refuse that.
  case splice

  /// The first route to try.
  static func of(_ number: Int32) -> LogRoute {
    var status = stat()
    if fstat(number, &status) == -1 { return .closed }
    switch linux_file_type(&status) {
    case linux_S_IFREG: return .plain
    case linux_S_IFSOCK: return .socket
    case linux_S_IFIFO: return .reopen
    // The memory devices, /dev/null among them, take everything at once.
    case linux_S_IFCHR: return linux_major(status.st_rdev) == 1 ? .plain : .reopen
    default: return .closed
    }
  }

  /// Opens what the descriptor leads to once more, not to wait; nil where that is refused or there is
  /// no `/proc`.
  @inline(never) static func reopen(_ number: Int32) -> FileDescriptor? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { path in
      guard let start = path.baseAddress else { return nil }
      let root: StaticString = "/proc/self/fd/"
      let length = root.utf8CodeUnitCount
      memcpy(start, root.utf8Start, length)
      _ = NumberText.write(number, to: start + length)
      return try? SystemCall.open(start, O_WRONLY | O_APPEND | O_NONBLOCK)
    }
  }

  /// Whether the descriptor is a terminal.
  static func isTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }
}
