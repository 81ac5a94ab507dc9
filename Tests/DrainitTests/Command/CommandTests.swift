import CLinux
import DrainCore
import DrainLinux
import Testing

@testable import drainit

@Suite struct CommandTests {
  private let words = ["/drainit", "--", "/usr/sbin/nginx", "-g", "daemon off;"]

  @Test func theAppsArgumentsBeginAtTheirIndex() {
    let command = command(words)
    for (index, first) in [(2, words[2]), (4, words[4]), (-3, words[0]), (0, words[0])] {
      let found = command.appArguments(from: index)[0].map { String(cString: $0) }
      #expect(found == first)
    }
    // Beyond the last there is the null at the end, and no more.
    for index in [5, 6, Int.max] { #expect(command.appArguments(from: index)[0] == nil) }
  }

  @Test func wordsAreReadByTheirIndex() {
    let word = command(words).words()
    #expect(word(3) == Array("-g".utf8))
    #expect(word(5) == nil)
    #expect(word(-1) == nil)
  }

  @Test(arguments: [
    ("/usr/sbin/nginx", "nginx"), ("nginx", "nginx"), ("./a/b", "b"), ("/", "/"), ("bin/", "bin/"),
    ("", ""),
  ])
  func theProgramIsCalledByTheLastPartOfItsPath(_ word: String, _ name: String) throws {
    let command = command(["drainit", word])
    #expect(command.programName(at: 1) == Array(name.utf8))
    var options = try options(["--", "app"])
    options.commandIndex = 1
    let context = command.logContext(options, try plan(options))
    #expect(context.program == Array(name.utf8))
    #expect(context.command == Array(word.utf8))
  }

  @Test func withoutACommandItIsTheApp() throws {
    let command = command(["drainit", "--plan"])
    #expect(command.programName(at: 2) == Array("the app".utf8))
    var options = try options(["--", "app"])
    options.commandIndex = 2
    #expect(command.logContext(options, try plan(options)).command == Array("the app".utf8))
  }

  @Test(
    arguments: [
      (["K_SERVICE=a", "KUBERNETES_SERVICE_HOST=10.0.0.1"], WindowSource.knative),
      (["ECS_CONTAINER_METADATA_URI_V4=http://a", "KUBERNETES_SERVICE_HOST="], .kubernetes),
      (["ECS_CONTAINER_METADATA_URI_V4=http://a"], .ecs),
      (
        ["K_SERVICES=a", "XKUBERNETES_SERVICE_HOST=b", "ECS_CONTAINER_METADATA_URI_V4"], .elsewhere
      ),
      ([], .elsewhere),
    ] as [([String], WindowSource)])
  func thePlatformIsToldByItsVariable(_ variables: [String], _ platform: WindowSource) {
    #expect(command(["drainit"], variables).environment.platform == platform)
  }
}
