import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

@Suite struct StartErrorTests {
  @Test(arguments: [
    (StartError.refused(Errno(EMFILE)), "cannot start: too many open files"),
    (.noPort(8080, Errno(EADDRINUSE)), "--listen 8080: address in use"),
    (
      .portTaken(14315),
      "port 14315 is taken, by another drainit that would answer this one's probes?"
        + " give --listen PORT the probes' port, or --listen off where nothing probes"
    ),
    (.noticeBeyond(4000, limit: 1024), "fd:4000: beyond the limit of open files, 1024"),
    (
      .noticeIsSocket(3),
      "fd:3: the app is handed a socket there (LISTEN_FDS): take a number above those"
    ),
    (
      .notInstalled(Array("/a\u{7}".utf8), Errno(EROFS)),
      "--install /a?: the file system is read-only"
    ),
  ])
  func itIsWordedInOnePlace(_ error: StartError, _ words: String) {
    var text = ByteBuffer(capacity: 400)
    text.append(error)
    #expect(text.text == words)
  }

  @Test func whatAHookSendsIsNamedWithoutItsValue() throws {
    let options = try options([
      "--on-ready", "PUT http://a/", "--hook-header", "Authorization: secret ${NOBODY}", "--",
      "app",
    ])
    var text = ByteBuffer(capacity: 400)
    do {
      _ = try CheckGroups(options, command([]), isBare: false, memory: GateMemory())
    } catch {
      text.append(error)
    }
    #expect(text.text.hasPrefix("--hook-header"))
    #expect(text.text.contains("NOBODY"))
    #expect(!text.text.contains("secret"))
  }

  @Test func aPlanThatDoesNotFitIsShown() throws {
    let options = try options(["--grace", "10s", "--drain", "60s", "--", "app"])
    var text = ByteBuffer(capacity: 400)
    do {
      _ = try plan(options)
    } catch let error as BudgetError {
      text.append(error)
    }
    #expect(text.text.hasPrefix("--grace 10s: the plan takes longer: "))
    #expect(text.text.contains("1m window"))
  }
}

/// What drainit's own errors end with, before there is an app.
@Suite struct StartCodeTests {
  @Test func drainitsOwnErrorsEndWith125AndALine() throws {
    let listener = try Listener()
    for (words, line) in [
      (
        ["--listen", "127.0.0.1:\(listener.port)", "--", "true"],
        "drainit: --listen \(listener.port): address in use"
      ),
      (
        ["--install", "/nothing/there"],
        "drainit: --install /nothing/there: no such file or directory"
      ),
      (
        ["--ready", "fd:1000000", "--", "true"],
        "drainit: fd:1000000: beyond the limit of open files, "
      ),
      (
        ["--grace", "1s", "--drain", "60s", "--", "true"],
        "drainit: --grace 1s: the plan takes longer: "
      ),
      (["--dran", "0", "--", "true"], "drainit: --dran: no such option"),
    ] {
      let program = try Program(words)
      #expect(program.end() == 125)
      let said = lines(program.errors.rest() ?? "")
      #expect(said.count == 1)
      #expect(said.first?.hasPrefix(line) == true)
    }
  }

  @Test func theAppsOwnCodeIsDrainits() throws {
    for (word, code) in [("true", Int32(0)), ("false", 1), ("/nothing/there", 127)] {
      #expect(try Program(["--plain", "--", word]).end() == code)
    }
  }
}
