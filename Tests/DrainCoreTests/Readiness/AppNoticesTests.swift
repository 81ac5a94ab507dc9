import Testing

@testable import DrainCore

@Suite struct AppNoticesTests {
  private func message(_ datagram: String) -> (message: NotifyMessage, passedOn: String) {
    var bytes = ByteBuffer(capacity: 5000)
    var passedOn = ByteBuffer(capacity: NotifyMessage.longest)
    bytes.append(Array(datagram.utf8))
    let message = NotifyMessage(bytes, passedOn: &passedOn)
    return (message, text(passedOn))
  }

  private func told(_ datagrams: (String, Int64)...) -> AppNotices {
    var notices = AppNotices()
    notices.watchdogPeriod = .seconds(10)
    for (datagram, time) in datagrams { _ = notices.take(message(datagram).message, at: at(time)) }
    return notices
  }

  @Test func linesAreTakenApart() {
    var expected = NotifyMessage()
    expected.state = .ready
    expected.watchdog = .alive
    expected.period = .seconds(2)
    expected.moreTime = .milliseconds(1500)
    expected.since = at(7)
    expected.status = ByteRange(start: 15, end: 17)
    let all = """
      READY=1
      STATUS=ok
      WATCHDOG=1
      WATCHDOG_USEC=2000000
      EXTEND_TIMEOUT_USEC=1500000
      MONOTONIC_USEC=7000
      MAINPID=7
      FDSTORE=1

      """
    #expect(message(all).message == expected)
    #expect(message(all).passedOn == "READY=1\nSTATUS=ok\nWATCHDOG=1\n")
  }

  @Test(arguments: [
    "", "\n", "=", "READY", "READY=0", "READY=1 ", " READY=1", "ready=1", "READY=1\u{0}x",
    "\u{0}\u{0}",
    "READY=12", "BARRIER=1", "WATCHDOG=", "WATCHDOG=2", "WATCHDOG_USEC=", "WATCHDOG_USEC=-1",
    "WATCHDOG_USEC=1s", "EXTEND_TIMEOUT_USEC=99999999999999999999", "MONOTONIC_USEC=x", "STATUS",
    "\u{0}", "X=1\nY", "RELOADING=2", "STOPPING=", "MAINPID=1",
  ])
  func whatIsNotKnownSaysNothing(datagram: String) {
    #expect(message(datagram).message == NotifyMessage())
    #expect(message(datagram).passedOn == "")
  }

  @Test func oneZeroByteAtTheEndIsAllowed() {
    #expect(message("READY=1\u{0}").message.state == .ready)
    #expect(message("STOPPING=1\n\u{0}").message.state == .stopping)
  }

  @Test func theLastOfAKindCounts() {
    #expect(message("READY=1\nSTOPPING=1").message.state == .stopping)
    let periods = message("WATCHDOG_USEC=1\nWATCHDOG_USEC=18446744073709551615")
    #expect(periods.message.period == .longest)
  }

  @Test func anyBytesAreTakenWithoutATrap() {
    var seed: UInt64 = 1
    let words = [
      "READY=1", "STATUS=", "WATCHDOG_USEC=", "\n", "\u{0}", "9", "=", "é", "EXTEND_TIMEOUT_USEC=",
    ]
    for _ in 0..<20_000 {
      var datagram = ""
      for _ in 0..<8 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1
        datagram += words[Int(seed >> 33) % words.count]
      }
      let read = message(datagram).message
      if let status = read.status { #expect(status.end <= datagram.utf8.count) }
    }
  }

  @Test func readyStoppingAndReloading() {
    #expect(!told(("STATUS=x", 0)).isReady)
    #expect(told(("READY=1", 0)).isReady)
    #expect(told(("READY=1", 0), ("STOPPING=1", 1)).isStopping)
    #expect(!told(("STOPPING=1", 0), ("READY=1", 1)).isStopping)
    let reloading = told(("READY=1", 0), ("RELOADING=1\nMONOTONIC_USEC=4000", 9))
    #expect(reloading.isReady && reloading.reloadingSince == at(4))
    #expect(told(("RELOADING=1\nMONOTONIC_USEC=4000", 1)).reloadingSince == at(1))
    #expect(told(("RELOADING=1", 1), ("READY=1", 2)).reloadingSince == .never)
  }

  @Test func theWatchdogRunsFromReadyOn() {
    #expect(told(("STATUS=x", 0)).watchdogDue == .never)
    #expect(told(("READY=1", 5)).watchdogDue == at(10_005))
    #expect(told(("READY=1", 5), ("READY=1", 7)).watchdogDue == at(10_005))
    #expect(told(("READY=1", 5), ("WATCHDOG=1", 7)).watchdogDue == at(10_007))
    #expect(told(("READY=1\nWATCHDOG_USEC=1000", 5)).watchdogDue == at(6))
    #expect(told(("READY=1", 5), ("WATCHDOG_USEC=0", 6)).watchdog == .off)
    var notices = told(("READY=1", 5))
    notices.missWatchdog()
    #expect(notices.watchdog == .missed && notices.watchdogDue == .never)
    _ = notices.take(message("WATCHDOG=1").message, at: at(20_000))
    #expect(notices.watchdog == .alive)
    _ = notices.take(message("WATCHDOG=trigger").message, at: at(20_001))
    _ = notices.take(message("WATCHDOG=1").message, at: at(20_002))
    #expect(notices.watchdog == .triggered && notices.watchdogDue == .never)
  }

  @Test func whatIsNewIsToldOnce() {
    var notices = AppNotices()
    func news(_ datagram: String, _ time: Int64) -> AppNotice? {
      notices.take(message(datagram).message, at: at(time))
    }
    #expect(news("READY=1", 0) == nil)
    #expect(news("RELOADING=1", 100) == .reloading)
    #expect(news("READY=1", 350) == .reloaded(after: .milliseconds(250)))
    #expect(news("READY=1", 360) == nil)
    #expect(news("STOPPING=1", 400) == .stopping)
    #expect(news("STOPPING=1", 500) == nil)
    #expect(news("WATCHDOG=trigger", 600) == .triggered)
  }

  @Test func itSurvivesAFault() {
    var handOver = HandOver.empty
    handOver.notify = 9
    handOver.notice = -1
    handOver.notices = told(("READY=1\nSTOPPING=1", 3), ("RELOADING=1", 4), ("WATCHDOG=1", 5))
    handOver.notices.hasWritten = true
    var written = ByteBuffer(capacity: HandOver.textSize)
    handOver.append(to: &written)
    #expect(HandOver(written.bytes) == handOver)
  }
}
