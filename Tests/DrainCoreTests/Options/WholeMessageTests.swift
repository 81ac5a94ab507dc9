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
    ] as [([String], String)])
  func theMessageNamesAll(words: [String], message: String) {
    #expect(read(words + ["web"]).error == message)
  }
}
