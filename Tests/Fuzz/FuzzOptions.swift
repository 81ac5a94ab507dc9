// What people write: words, variables, and the values in them.

/// The input's words are separated by 0; those that begin with `DRAINIT_`, `TINI_` or `DUMB_INIT_` are
/// variables. Options make a plan and its text; anything else one printable line.
func fuzzOptions(_ input: Span<UInt8>) {
  var words: [[UInt8]] = [Array("drainit".utf8)]
  var environment: [[UInt8]] = []
  var start = 0
  for index in 0...input.count where index == input.count || input[index] == 0 {
    let word = [UInt8](copying: input.extracting(start..<index))
    start = index + 1
    if ["DRAINIT_", "TINI_", "DUMB_INIT_"].contains(where: { word.starts(with: Array($0.utf8)) }) {
      environment.append(word)
    } else {
      words.append(word)
    }
  }
  var text = ByteBuffer(capacity: OptionLimits.helpBytes)
  do throws(OptionError) {
    let options = try Options.read(
      arguments: { $0 < words.count ? words[$0] : nil }, environment: environment)
    must(options.commandIndex >= 0 && options.commandIndex <= words.count, "a command elsewhere")
    plan(options, &text)
  } catch {
    text.append(error)
    must(text.count > 0, "an error without a word")
    for index in 0..<text.count {
      let byte = text.bytes[index]
      must(byte >= 0x20 && byte != 0x7f, "an error that is not printable")
    }
  }
}

private func plan(_ options: Options, _ text: inout ByteBuffer) {
  for platform in [WindowSource.kubernetes, .ecs, .knative, .elsewhere] {
    text.removeAll()
    do throws(BudgetError) {
      let plan = try DrainPlan.make(options, platform: platform, isFirstProcess: true)
      let context = LogContext(program: Array("app".utf8), gate: [], plan: plan)
      text.append(planOf: context, options)
      must(text.count > 0, "a plan without a word")
    } catch {
      must(error.budget.sum > options.grace ?? .zero, "a plan that fits is refused")
    }
  }
}

/// One value, read as every kind that an option takes.
func fuzzValues(_ input: Span<UInt8>) {
  for row in OptionRow.all {
    var options = Options()
    try? row.set(&options, input)
  }
  if let network = try? IPNetwork(parsing: input) {
    var text = ByteBuffer(capacity: 64)
    text.append(network.address)
    must(text.count > 0, "an address without a text")
  }
}
