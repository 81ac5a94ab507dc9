import Testing

@testable import DrainCore

@Suite struct UnseenSocketsTests {
  private func found(_ change: (inout AppListeners) -> Void) -> AppListeners {
    var found = AppListeners()
    change(&found)
    return found
  }

  @Test func udpAloneAndUNIXAloneAreUnseen() {
    #expect(found { $0.datagramPort = 53 }.verdict() == .unseen)
    #expect(found { $0.hasLocal = true }.verdict() == .unseen)
  }

  @Test func udpBesideTCPIsUnseenBesideIt() {
    let both = found {
      $0.ports.insert(53)
      $0.datagramPort = 53
    }
    #expect(both.verdict() == .both)
  }

  @Test func aClientsSocketIsNobodysAndBesideTCPSaysNothing() {
    var listeners = found { $0.clientPort = 51_820 }
    #expect(listeners.verdict() == .client)
    listeners.ports.insert(80)
    #expect(listeners.verdict() == .tcp)
  }

  @Test func whatWasNamedCountsAsThere() {
    var named = NamedSockets()
    #expect(AppListeners().verdict(named) == .none && !named.isAny)
    named.asksApp = true
    #expect(AppListeners().verdict(named) == .unseen && named.isAny)
    #expect(found { $0.ports.insert(80) }.verdict(named) == .tcp)
    named.hasPort = true
    #expect(AppListeners().verdict(named) == .unknown)
    named.hasLocal = true
    #expect(AppListeners().verdict(named) == .unseen)
    #expect(found { $0.ports.insert(80) }.verdict(named) == .both)
  }

  @Test func whatCouldNotBeSeenCountsAsThere() {
    #expect(found { $0.isPartial = true }.verdict() == .unknown)
    let partly = found {
      $0.isPartial = true
      $0.clientPort = 40_000
    }
    #expect(partly.verdict() == .unknown)
  }

  @Test func anAppWithoutTCPIsToldWhatItHas() {
    #expect(AppListeners().otherListener == .none)
    #expect(found { $0.clientPort = 51_820 }.otherListener == .datagrams(port: 51_820))
    let server = found {
      $0.clientPort = 51_820
      $0.datagramPort = 53
    }
    #expect(server.otherListener == .datagrams(port: 53))
    #expect(found { $0.hasLocal = true }.otherListener == .local)
  }

  @Test func theGateAsksForWhatWasNamed() throws {
    func kinds(_ words: String...) throws -> [Check.Kind] {
      var options = Options()
      for word in words { try options.addPort(Array(word.utf8).span) }
      return options.gateChecks.map(\.kind)
    }
    let path = Array("/run/a.sock".utf8)
    #expect(try kinds() == [.listening])
    #expect(try kinds("80") == [.listening])
    #expect(try kinds("/run/a.sock") == [.unix(path)])
    #expect(try kinds("80", "/run/a.sock") == [.listening, .unix(path)])
  }

  @Test func aCheckThatAsksAnotherHostNamesNothing() throws {
    func named(_ text: String) throws -> NamedSockets {
      var options = Options()
      options.ready = [try Check(parsing: Array(text.utf8).span)]
      return options.named
    }
    for text in ["tcp:80", "tcp:localhost:80", "http://127.0.0.1/", "grpc:[::1]:50051"] {
      #expect(try named(text).asksApp, "\(text)")
    }
    for text in ["tcp:redis:6379", "http://config.svc/ok", "none", "file:/run/x", "exec:true"] {
      #expect(try !named(text).isAny, "\(text)")
    }
    #expect(try named("unix:/run/a.sock").hasLocal)
    #expect(try named("unix:@a").hasLocal)
  }
}
