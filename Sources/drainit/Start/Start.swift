import CLinux
import DrainCore
import DrainLinux

/// The C entry point. SwiftPM links `main` to `<target>_main`, so the name is fixed.
@c(drainit_main) public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  // Returns the exit code; nothing calls exit while an owning value is alive.
  FaultSignals.arm { SecondLife.begin(after: $0) }
  let earlier = EarlierLife(arguments, environment)
  switch prepare(Command(count, arguments, environment), earlier) {
  case .ended(let code):
    // The app runs: drainit does not end for want of something that it had before.
    if earlier != nil { SecondLife.beginAgain() }
    return Int32(code)
  case .supervises(let supervisor):
    // Nothing is given back afterwards: the process ends, and everything with it.
    return Int32(supervisor.pointee.run())
  }
}

/// What the start came to.
private enum Preparation {
  /// Everything is done; drainit ends with that code.
  case ended(UInt8)
  /// The app is to be run. On the heap: what the start needed of the stack can then be given back.
  case supervises(UnsafeMutablePointer<Supervisor>)
}

/// Reads the options and does what they ask for, up to the app's start.
@inline(never) private func prepare(_ command: Command, _ earlier: EarlierLife?) -> Preparation {
  var words = ByteBuffer(capacity: OptionLimits.helpBytes)
  let options: Options
  let arguments = command.words()
  do throws(OptionError) {
    options = try Options.read(
      arguments: arguments,
      environment: command.environment.entries(beginningWith: "DRAINIT_", "TINI_", "DUMB_INIT_"))
  } catch {
    words.append("drainit: ")
    words.append(error)
    // A probe's or a hook's mistake is not why the container ends. With a process namespace that is shared
    // the container's first process is not PID 1.
    return refuse(&words, isWhyItEnds: getpid() == 1 || !Options.askForMode(arguments))
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
  case .lint:
    return lint(options, &words)
  case .probe:
    return probe(command, options, &words)
  case .run, .plan, .hold:
    return follow(command, options, earlier, &words)
  }
  print(&words, on: STDOUT_FILENO)
  return .ended(0)
}

/// Prints what in the manifests loses requests; 1 where something does.
private func lint(_ options: Options, _ words: inout ByteBuffer) -> Preparation {
  words.append("drainit: --lint: ")
  guard let lint = ManifestLint.findings(&words) else { return refuse(&words) }
  ManifestLint.print(lint, asJSON: options.logsJSON) { print(&$0, on: STDOUT_FILENO) }
  return .ended(lint.errors > 0 ? 1 : 0)
}

/// Asks once; a failed probe ends with 1, and says why.
private func probe(_ command: Command, _ options: Options, _ words: inout ByteBuffer)
  -> Preparation
{
  guard let check = options.probe else { return .ended(Lifecycle.ownFailure) }
  words.append("drainit: ")
  var said = ByteBuffer(capacity: ProtocolLimits.bodyLineBytes)
  do throws(StartError) {
    guard case .fails(let failure) = try Probe.ask(check, options, command, said: &said) else {
      return .ended(0)
    }
    words.append(printable: CheckName.of(check))
    words.append(": ")
    if case .status(let code) = failure, said.count > 0 {
      words.append(decimal: UInt64(code))
      words.append(": ")
      words.append(said.bytes)
    } else {
      failure.append(to: &words, of: CheckName.of(check))
    }
    _ = refuse(&words)
    return .ended(1)
  } catch {
    words.append(error)
    return refuse(&words)
  }
}

/// Makes the plan, and prints it or runs the app and everything around it until it has ended.
private func follow(
  _ command: Command, _ options: Options, _ earlier: EarlierLife?, _ words: inout ByteBuffer
) -> Preparation {
  words.append("drainit: ")
  let plan: DrainPlan
  do throws(BudgetError) {
    plan = try DrainPlan.make(
      options, platform: command.environment.platform, isFirstProcess: getpid() == 1)
  } catch {
    words.append(error)
    return refuse(&words, isWhyItEnds: options.mode == .run)
  }
  if options.mode == .plan {
    words.removeAll()
    words.append(planOf: command.logContext(options, plan), options)
    print(&words, on: STDOUT_FILENO)
    return .ended(0)
  }
  SecondLife.store(plan, target: options.signalTo, logsJSON: options.logsJSON)
  if plan.holds && ProcessFiles.areOurs { StandardDescriptors.takeLog() }
  do throws(StartError) {
    if earlier == nil && !options.isPlain {
      try NoticeDescriptor.check(options.noticeDescriptor)
    }
    let supervisor = UnsafeMutablePointer<Supervisor>.allocate(capacity: 1)
    supervisor.initialize(to: try Supervisor(command, options, plan, earlier))
    // A log without its line, or a hand-over without its text, would be found out when it is needed.
    if heapWasRefused { throw StartError.refused(Errno(ENOMEM)) }
    return .supervises(supervisor)
  } catch {
    // Where the app runs already a write must not wait.
    if earlier != nil { return .ended(Lifecycle.ownFailure) }
    words.append(error)
    return refuse(&words, isWhyItEnds: options.mode == .run)
  }
}

/// Says on the error output why drainit does not start, and where it is the container's end, in what
/// `kubectl describe pod` shows.
private func refuse(_ words: inout ByteBuffer, isWhyItEnds: Bool = false) -> Preparation {
  words.append("\n")
  if isWhyItEnds { _ = TerminationMessage.write(words, replacing: 0) }
  print(&words, on: STDERR_FILENO)
  return .ended(Lifecycle.ownFailure)
}

/// Writes a short text; before the app is started a write may wait.
private func print(_ words: inout ByteBuffer, on descriptor: Int32) {
  while words.count > 0 {
    let written = words.withBytes { SystemCall.write(descriptor, $0) }
    guard case .bytes(let count) = written else { return }
    words.removeFirst(count)
  }
}
