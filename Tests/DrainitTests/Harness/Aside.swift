import CLinux
import Foundation

@testable import DrainLinux

/// What a thread has for itself (unshare(2)).
struct Belongings: OptionSet {
  let rawValue: Int32

  /// Its descriptors; `/proc/self/fd` goes on showing those of the process.
  static let descriptors = Belongings(rawValue: 0x400)
  static let directory = Belongings(rawValue: 0x200)
  static let mounts = Belongings(rawValue: 0x2_0000)
  static let network = Belongings(rawValue: 0x4000_0000)
}

/// Something that runs on a thread of its own, with drainit's signal mask: what belongs to a whole process is
/// then not the other tests'.
final class Aside<Answer> {
  private var answer: Result<Answer, any Error>?
  private var thread = pthread_t()

  init(_ own: Belongings = [], _ body: @escaping () throws -> Answer) throws {
    let errand = Errand {
      self.answer = Result {
        if own.rawValue != 0 && unshare(own.rawValue) != 0 { throw Errno.last }
        var blocked = SignalQueue.blocked.bits
        _ = linux_sigprocmask(linux_SIG_SETMASK, &blocked, nil)
        return try body()
      }
    }
    let code = pthread_create(
      &thread, nil,
      {
        guard let pointer = $0 else { return nil }
        Unmanaged<Errand>.fromOpaque(pointer).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(errand).toOpaque())
    if code != 0 { throw Errno(code) }
  }

  /// Waits for its end.
  func join() throws -> Answer {
    pthread_join(thread, nil)
    guard let answer else { throw Errno(ESRCH) }
    return try answer.get()
  }
}

private final class Errand {
  let run: () -> Void

  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Runs it on such a thread and waits.
func aside<Answer>(_ own: Belongings = [], _ body: @escaping () throws -> Answer) throws -> Answer {
  try Aside(own, body).join()
}
