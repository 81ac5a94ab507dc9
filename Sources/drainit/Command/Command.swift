import DrainCore
import DrainLinux

/// The words and variables that drainit was started with, as the kernel laid them down.
struct Command {
  let arguments: ArgumentVector
  let environment: EnvironmentVector
  let argumentPointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  let environmentPointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  init(
    _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) {
    self.arguments = ArgumentVector(count, arguments)
    self.environment = EnvironmentVector(environment)
    argumentPointers = arguments
    environmentPointers = environment
  }

  /// The app's own argument vector, from `index` on.
  func appArguments(from index: Int) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    argumentPointers + min(max(index, 0), arguments.count)
  }

  /// The words by their index. As a value of its own, so that the reading of options, which `--lint`
  /// does of others' words, is in the executable once.
  @inline(never) func words() -> (Int) -> [UInt8]? {
    let arguments = arguments
    return { arguments.word($0) }
  }

  /// What log lines know before anything has happened.
  func logContext(_ options: Options, _ plan: DrainPlan) -> LogContext {
    var context = LogContext(program: programName(at: options.commandIndex), gate: [], plan: plan)
    if let word = arguments.word(options.commandIndex) { context.command = word }
    return context
  }

  /// The last part of the app's name, as messages call it; without a command (`--plan`) just that.
  func programName(at index: Int) -> [UInt8] {
    guard let word = arguments.word(index) else { return [UInt8]("the app") }
    var start = 0
    for position in 0..<word.count where word[position] == UInt8(ascii: "/") {
      if position &+ 1 < word.count { start = position &+ 1 }
    }
    return Array(word[start...])
  }
}

extension EnvironmentVector {
  /// Where the container runs, by the variables that the platforms set.
  var platform: WindowSource {
    if !entries(beginningWith: "K_SERVICE=").isEmpty { return .knative }
    if !entries(beginningWith: "KUBERNETES_SERVICE_HOST=").isEmpty { return .kubernetes }
    if !entries(beginningWith: "ECS_CONTAINER_METADATA_URI_V4=").isEmpty { return .ecs }
    return .elsewhere
  }
}
