/// One value of a YAML stream: a text, a mapping, a list, or another one's stand-in.
struct YAMLNode: BitwiseCopyable {
  enum Kind: UInt8 {
    case null, yes, no, integer, float, string
    case map, list
    /// Stands for the node at `start`.
    case alias
    /// The name `<<`, whose value's names belong to the mapping.
    case merge
  }

  var kind: Kind
  /// Where its text begins; the first of what is in it, or what it stands for. A mapping has name, value,
  /// name, value.
  var start: UInt32 = 0
  /// How long its text is.
  var count: UInt32 = 0
  /// What follows it in its mapping or list; 0 at the end.
  var next: UInt32 = 0
  /// Of a name in a mapping: names that are the same have the same.
  var hash: UInt32 = 0
}

/// Where a text ceases to be YAML that drainit reads, and why.
public struct YAMLProblem: Error, BitwiseCopyable {
  var fault: YAMLFault
  /// Counted from 1; the column in bytes.
  var line: UInt32
  var column: UInt32

  /// Says it in one line: `line 3, column 7: a quote that is never closed`.
  public func append(to out: inout ByteBuffer) {
    if line > 0 {
      out.append("line ")
      out.append(decimal: Int64(line))
      out.append(", column ")
      out.append(decimal: Int64(column))
      out.append(": ")
    }
    if let words = fault.words { out.append(words.span) }
  }
}

/// What can be wrong with a text.
enum YAMLFault: UInt8 {
  case tooLong, tooDeep, tooMany, control, encoding, utf16, tab, indentation, behind, secondColon
  case listHere, expectedName, expectedComma, unclosed, escape, character, anchor, alias, tag
  case complexName, blockHeader, directive, merge, template, noObject

  /// In the order of the enumeration.
  var words: UnsafeBufferPointer<UInt8>? {
    let all: Literal = """
      more than 32 MiB
      nested more than 64 deep
      more than a million values, or as many by aliases
      a control character
      no UTF-8
      UTF-16, as PowerShell's > writes it; UTF-8 is read
      a tab where only spaces indent
      indented as nothing that it could belong to
      more behind a value that was whole; is a quote or a comma missing?
      a second ": " in a line; a text that has one is quoted
      a list begins on a line of its own
      no NAME: where one belongs
      neither a comma nor the end of what [ or { began
      never closed
      no escape that YAML has
      no text without quotes begins so
      no name of an anchor, or one too many
      no anchor of that name before it
      a tag that Kubernetes has no use for, or that its value is not
      a name that is an alias, a list or a mapping is not read
      after | or > only 1 to 9, + and -
      no %YAML directive with --- after it
      << takes a mapping or a list of mappings
      {{ is a template's: render it, as helm template does
      no object: a mapping with a kind
      """
    return all.part(Int(rawValue), between: UInt8(ascii: "\n"))
  }
}
