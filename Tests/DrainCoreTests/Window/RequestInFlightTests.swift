import Testing

@testable import DrainCore

/// What the kernel's row shows of a request that is not answered yet; the states were measured on real
/// servers at a round trip of 20 ms.
@Suite struct RequestInFlightTests {
  private func row(_ change: (inout SocketRow) -> Void) -> SocketRow {
    var row = SocketRow(
      state: .established, local: .v4(1), localPort: 8080, peer: .v4(2), peerPort: 4000,
      receiveQueue: 0, user: 0, inode: 9)
    row.bytesReceived = 500
    row.segmentsSent = 3
    row.roundTrip = 20_000
    change(&row)
    return row
  }

  private func inFlight(
    _ growth: Growth = Growth(), _ change: @escaping (inout SocketRow) -> Void
  ) -> Bool {
    row(change).isInFlight(growth)
  }

  private func ages(_ received: UInt32, _ sent: UInt32) -> (inout SocketRow) -> Void {
    {
      $0.sinceLastReceived = received
      $0.sinceLastSent = sent
    }
  }

  @Test func anAnsweredRequestIsNone() {
    #expect(!inFlight(Growth(), ages(900, 880)))
    // In one tick, for ever: the normal state after a fast answer.
    #expect(!inFlight(Growth(), ages(900, 900)))
  }

  @Test func aRequestThatCameLongAfterTheLastAnswerIs() {
    #expect(inFlight(Growth(), ages(100, 5000)))
    #expect(inFlight(Growth(), ages(29_000, 40_000)))
    // A subscription, syslog, StatsD: let go of in the end.
    #expect(!inFlight(Growth(), ages(30_000, 40_000)))
  }

  @Test func theFirstRequestTies() {
    #expect(inFlight { $0.segmentsSent = 0 })
    #expect(
      !inFlight {
        $0.segmentsSent = 0
        $0.bytesReceived = 0
      })
    #expect(inFlight(Growth(), ages(10, 10)))
  }

  @Test func aReactionToTheAnswerIsNone() {
    // SETTINGS and WINDOW_UPDATE of HTTP/2, a pong: a round trip behind what they answer.
    let small = Growth(received: 30, segments: 2)
    #expect(!inFlight(small, ages(2000, 2020)))
    #expect(!inFlight(Growth(received: 0), ages(2000, 2020)))
    // A request that was sent at once after an answer stays one.
    let request = Growth(received: 300, segments: 1)
    #expect(inFlight(request, ages(2000, 2020)))
    #expect(inFlight(Growth(received: 0, wasInFlight: true), ages(2000, 2020)))
    #expect(!inFlight(Growth(received: 0, wasInFlight: true), ages(5000, 5020)))
    // Nothing to compare with: a doubt, for five seconds.
    #expect(inFlight(Growth(), ages(2000, 2020)) && !inFlight(Growth(), ages(5000, 5020)))
  }

  @Test func whatIsUnreadOrUnsentIs() {
    #expect(inFlight { $0.receiveQueue = 1 })
    #expect(
      inFlight {
        $0.unsent = 40_000
        $0.sinceLastReceived = 60_000
        $0.sinceLastSent = 500
      })
    #expect(
      !inFlight {
        $0.unsent = 40_000
        $0.sinceLastReceived = 60_000
        $0.sinceLastSent = 60_000
      })
  }

  @Test func thePeersFINIsNoByte() {
    #expect(
      !inFlight {
        $0.state = .closeWait
        $0.receiveQueue = 1
        $0.bytesReceived = 1
      })
    #expect(
      inFlight {
        $0.state = .closeWait
        $0.receiveQueue = 2
      })
  }

  @Test func anAnswerThatLiesInTheKernelAfterCloseIs() {
    #expect(
      inFlight {
        $0.state = .finWait1
        $0.inode = 0
        $0.sinceLastReceived = 8000
        $0.sinceLastSent = 200
      })
    #expect(
      !inFlight {
        $0.state = .finWait1
        $0.inode = 0
        $0.sinceLastReceived = 60_000
        $0.sinceLastSent = 31_000
      })
    #expect(
      !inFlight {
        $0.state = .finWait2
        $0.inode = 0
        $0.sinceLastSent = 100
        $0.sinceLastReceived = 50
      })
  }

  @Test func withoutCountersNothingIsSaid() {
    #expect(!inFlight { $0.bytesReceived = nil })
  }

  @Test func aSmallRequestThatWasAnsweredIsAnArrival() {
    #expect(Growth(received: 20, sent: 60).isRequest)
    #expect(!Growth(received: 20, sent: 30).isRequest)
    #expect(!Growth(received: 0, sent: 9000).isRequest)
    #expect(Growth(received: 49).isRequest)
    #expect(!Growth().isRequest)
  }
}
