import CLinux
import Foundation
import Testing

@Suite struct SignalQueueTests {
  /// `signal N code C pid P uid U value V`, with this process as the sender.
  private func line(_ signal: Int32, code: Int32 = 0, value: UInt64 = 0) -> String {
    "signal \(signal) code \(code) pid \(getpid()) uid \(getuid()) value \(value)"
  }

  // SIGKILL, SIGSTOP and SIGTERM, which ends the piece, apart: all 64, musl's own 32 to 34, and the
  // seven fault signals.
  @Test func everySignalThatSomebodySendsIsRead() throws {
    let piece = try Piece(["signals"])
    _ = piece.line()
    for signal in Int32(1)...64 where ![9, 15, 19].contains(signal) {
      #expect(linux_syscall(Int(SYS_kill), Int(piece.pid), Int(signal), 0, 0, 0, 0) == 0)
      #expect(piece.line() == line(signal))
    }
    kill(piece.pid, SIGTERM)
    #expect(piece.line() == line(SIGTERM))
    #expect(piece.end() == 0)
  }

  @Test(arguments: [10, 11, 5, 34, 40, 64] as [Int32])
  func aValueArrivesWithAll64Bits(signal: Int32) throws {
    let piece = try Piece(["signals"])
    _ = piece.line()
    let value: UInt64 = 0xfedc_ba98_7654_3210
    var record = siginfo_t()
    linux_si_fill(&record, signal, linux_SI_QUEUE, getpid(), getuid(), value)
    let result = withUnsafePointer(to: &record) {
      linux_syscall(
        Int(SYS_rt_sigqueueinfo), Int(piece.pid), Int(signal), Int(bitPattern: $0), 0, 0, 0)
    }
    #expect(result == 0)
    #expect(piece.line() == line(signal, code: linux_SI_QUEUE, value: value))
    kill(piece.pid, SIGTERM)
    #expect(piece.end() == 0)
  }

  @Test func aSignalToOneThreadIsReadToo() throws {
    let piece = try Piece(["signals"])
    _ = piece.line()
    for signal in [SIGUSR1, SIGSEGV, SIGABRT] {
      _ = linux_syscall(
        Int(SYS_tgkill), Int(piece.pid), Int(piece.pid), Int(signal), 0, 0, 0)
      #expect(piece.line() == line(signal, code: linux_SI_TKILL))
    }
    kill(piece.pid, SIGTERM)
    #expect(piece.end() == 0)
  }

  // signalfd(2) hands over as many at a time as are asked for: none between two reads is lost.
  @Test func manyAtOnceAreAllRead() throws {
    let piece = try Piece(["signals"])
    _ = piece.line()
    kill(piece.pid, SIGSTOP)
    for number in 0..<100 {
      var record = siginfo_t()
      linux_si_fill(&record, 40, linux_SI_QUEUE, getpid(), getuid(), UInt64(number))
      withUnsafePointer(to: &record) {
        _ = linux_syscall(
          Int(SYS_rt_sigqueueinfo), Int(piece.pid), 40, Int(bitPattern: $0), 0, 0, 0)
      }
    }
    kill(piece.pid, SIGCONT)
    #expect(piece.line() == line(SIGCONT))
    for number in 0..<100 {
      try #require(piece.line() == line(40, code: linux_SI_QUEUE, value: UInt64(number)))
    }
    kill(piece.pid, SIGTERM)
    #expect(piece.end() == 0)
  }

  @Test(arguments: [("abort", SIGABRT), ("trap", SIGILL), ("null", SIGSEGV)] as [(String, Int32)])
  func aRealFaultEndsItAsAnyProgram(kind: String, signal: Int32) throws {
    // A debug build's trap has much to say.
    let quiet = ["sh", "-c", "exec \"$@\" 2>/dev/null", "sh"]
    #expect(try Piece(["fault", kind], prefix: quiet).end() == -signal)
  }
}
