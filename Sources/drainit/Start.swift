import CLinux
import DrainCore
import DrainLinux

/// The C entry point. SwiftPM links `main` to `<target>_main`, so the name is fixed.
@c(drainit_main) public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  // Returns the exit code; nothing calls exit while an owning value is alive.
  let earlier = SecondLife.take(from: environment)
  return Int32(run(Command(count, arguments, environment), EarlierLife(earlier)))
}

/// Reads the options and does what they ask for; returns the exit code.
private func run(_ command: Command, _ earlier: EarlierLife?) -> UInt8 {
  var words = ByteBuffer(capacity: OptionLimits.helpBytes)
  let options: Options
  do throws(OptionError) {
    options = try Options.read(
      arguments: { command.arguments.word($0) },
      environment: command.environment.entries(beginningWith: "DRAINIT_"))
  } catch {
    words.append("drainit: ")
    words.append(error)
    return refuse(&words)
  }
  switch options.mode {
  case .help, .helpAll:
    words.appendHelp(all: options.mode == .helpAll)
  case .version:
    words.append("drainit ")
    words.append(Version.text)
    words.append("\n")
  case .license:
    words.append(Version.license)
  case .install:
    do throws(Errno) { try Install.copy(to: options.installPath) } catch {
      words.append("drainit: ")
      words.append(StartError.notInstalled(options.installPath, error))
      return refuse(&words)
    }
  case .run, .plan:
    return follow(command, options, earlier, &words)
  }
  print(&words, on: STDOUT_FILENO)
  return 0
}

/// Makes the plan, and prints it or runs the app and everything around it until it has ended.
private func follow(
  _ command: Command, _ options: Options, _ earlier: EarlierLife?, _ words: inout ByteBuffer
) -> UInt8 {
  words.append("drainit: ")
  let plan: DrainPlan
  do throws(BudgetError) {
    plan = try DrainPlan.make(
      options, platform: command.environment.platform, isFirstProcess: getpid() == 1)
  } catch {
    words.append(error)
    return refuse(&words)
  }
  if options.mode == .plan {
    words.removeAll()
    words.append(planOf: command.logContext(options, plan), options)
    print(&words, on: STDOUT_FILENO)
    return 0
  }
  do throws(StartError) {
    var supervisor = try Supervisor(command, options, plan, earlier)
    return supervisor.run()
  } catch {
    words.append(error)
    return refuse(&words)
  }
}

/// Says on the error output why drainit does not start.
private func refuse(_ words: inout ByteBuffer) -> UInt8 {
  words.append("\n")
  print(&words, on: STDERR_FILENO)
  return Lifecycle.ownFailure
}

/// Writes a short text; before the app is started a write may wait.
private func print(_ words: inout ByteBuffer, on descriptor: Int32) {
  while words.count > 0 {
    let written = words.withBytes { SystemCall.write(descriptor, $0) }
    guard case .bytes(let count) = written else { return }
    words.removeFirst(count)
  }
}
