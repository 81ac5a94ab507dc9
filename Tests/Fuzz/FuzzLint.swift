// What `--lint` reads: YAML, and manifests in it.

/// A stream of documents: values that are there, a line and a column of the text, or a problem.
func fuzzYAML(_ input: Span<UInt8>) {
  do throws(YAMLProblem) {
    let stream = try YAMLStream(copied(input))
    var left = 20_000
    for root in stream.roots { walk(stream, root, &left) }
  } catch {
    must(Int(error.column) <= input.count + 1, "a column beyond the text")
    printable { error.append(to: &$0) }
  }
}

private func walk(_ stream: borrowing YAMLStream, _ value: Int, _ left: inout Int) {
  left -= 1
  if left < 0 { return }
  _ = stream.number(value, "")
  let isMap = stream.kind(value) == .map
  var item = stream.first(value, "")
  while item != 0 && left > 0 {
    var inside = item
    if isMap {
      inside = stream.valueAfter(key: item)
      must(inside != 0, "a name without a value")
      let found = stream.member(value, stream.scalar(item))
      must(found == (stream.kind(inside) == .null ? 0 : inside), "a name that is not found")
    }
    walk(stream, inside, &left)
    item = stream.next(inside)
  }
}

/// A manifest on `--lint`'s standard input: findings, printable lines of them, or a problem.
func fuzzManifest(_ input: Span<UInt8>) {
  do throws(YAMLProblem) {
    let lint = try Lint.looking(at: copied(input))
    must(lint.errors <= lint.count, "an error that is no finding")
    for index in 0..<lint.count {
      printable { lint.append(index, asJSON: false, to: &$0) }
      printable { lint.append(index, asJSON: true, to: &$0) }
    }
  } catch {
    printable { error.append(to: &$0) }
  }
}

private func copied(_ input: Span<UInt8>) -> ByteBuffer {
  var text = ByteBuffer(capacity: max(1, input.count))
  text.append(input)
  return text
}

/// What is written is one line, and not empty.
private func printable(_ write: (inout ByteBuffer) -> Void) {
  var out = ByteBuffer(capacity: Lint.longestLine)
  write(&out)
  must(out.count > 0 && out.cut == 0, "no line, or one too long")
  for index in 0..<out.count {
    let byte = out.bytes[index]
    let isEnd = byte == 0x0a && index == out.count - 1
    must(isEnd || (byte >= 0x20 && byte != 0x7f), "a finding that is not printable")
  }
}
