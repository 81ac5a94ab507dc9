import Testing

@testable import DrainCore

/// Where a value is wrong the message names all that the option takes, and not only what was near.
@Suite struct WholeMessageTests {
  @Test(
    arguments: [
      (
        ["-r", "TERM:GUIT"],
        """
        -r TERM:GUIT: expected A:B such as TERM:QUIT, or A:0 to drop A (did you mean SIGQUIT?)
        """
      ),
      (
        ["-r", "GUIT:0"],
        """
        -r GUIT:0: expected A:B such as TERM:QUIT, or A:0 to drop A (did you mean SIGQUIT?)
        """
      ),
      (
        ["--listen", "0"],
        "--listen 0: expected [ADDR:]PORT such as 14315 or 127.0.0.1:14315, or off"
      ),
      (
        ["--listen", "65536"],
        "--listen 65536: expected [ADDR:]PORT such as 14315 or 127.0.0.1:14315, or off"
      ),
      (
        ["--port", "eight"],
        "--port eight: expected a port of 1 to 65535, or a UNIX socket's path or @NAME"
      ),
      (
        ["--unready-after", "soon"],
        "--unready-after soon: expected end, or a duration such as 10s"
      ),
      (
        ["--orphans", "never"],
        "--orphans never: expected end, wait, or a duration such as 10s"
      ),
      (
        ["--drain-signal", "TERM,INT"],
        "--drain-signal TERM,INT: expected one signal such as TERM, SIGUSR1, RTMIN+3 or 15; "
          + "give it again for each"
      ),
      (
        ["--listen", "http://0.0.0.0:8079"],
        """
        --listen http://0.0.0.0:8079: expected [ADDR:]PORT such as 14315 or 127.0.0.1:14315, or off
        """
      ),
    ] as [([String], String)])
  func theMessageNamesAll(words: [String], message: String) {
    #expect(read(words + ["web"]).error == message)
  }
  @Test(
    arguments: [
      // A list of arguments in which the two are quoted together, and a program with its own.
      ("--drain 5s", "--drain: an option and its value are two words, or joined by '='"),
      ("--drain 5s --grace=9s", "--drain: an option and its value are two words, or joined by '='"),
      ("-p SIGTERM", "-p: an option and its value are two words"),
      // What follows may be secret.
      ("--check-heder A: b", "--check-heder: no such option (did you mean --check-header?)"),
      // Hyphens that a page has made into dashes.
      ("\u{2014}drain", "\\xe2\\x80\\x94drain: no such option (did you mean --drain?)"),
      ("\u{2013}-drain", "\\xe2\\x80\\x93-drain: no such option (did you mean --drain?)"),
    ])
  func whatWasQuotedOrCopiedWrongIsToldSo(word: String, message: String) {
    #expect(read([word, "web"]).error == message)
  }

  @Test(arguments: ["8080", ":8080", "localhost:8080"])
  func aPortAloneIsNearlyACheck(text: String) {
    #expect(read(["--ready", text, "web"]).error.hasSuffix("(did you mean tcp:\(text)?)"))
  }

  @Test(
    arguments: [
      "curl localhost | grep ok", "a && b", "a & b", "sleep 5; rm x", "a > /tmp/b", "a < b",
      "curl $URL", "a ${B}", "a $(b)", "a `b`",
    ])
  func withoutAShellItsSignsAreRefused(words: String) {
    let why = "no shell runs this: put it in sh -c '...', or the sign in quotes"
    #expect(read(["--on-drain", words, "web"]).error.hasSuffix(why))
    #expect(read(["--ready", "exec:" + words, "web"]).error.hasSuffix(why))
  }

  @Test(
    arguments: [
      "grep -q ^ok$ x", "curl http://h/?a=1&b=2;c", "sh -c 'a | b; c $D `e`'", "curl '$A' a\">\"b",
      "a b->c",
    ])
  func whatIsQuotedOrSaysNothingToAShellIsTaken(words: String) {
    #expect(read(["--on-drain", words, "web"]).error == "")
  }
}
