/// What /etc/resolv.conf says (resolv.conf(5)): whom to ask for a host's addresses, and under which names.
public struct ResolverConfiguration: Sendable {
  /// Who is asked, all at once; at most three. Without the file: the host itself.
  public private(set) var servers = AddressList()
  /// What a short name is tried with, at most six.
  public private(set) var search: [[UInt8]] = []
  /// From how many dots on a name is tried as it is first.
  public private(set) var dots = 1
  /// How long to ask in all, 1 to 60 s.
  public var time: Interval { .seconds(Int64(min(timeout &* attempts, 60))) }

  private var timeout = 5
  private var attempts = 2

  /// Reads the file's text; what is not understood is passed over.
  public init(_ text: Span<UInt8>) {
    var lines = Lines()
    while let line = lines.next(in: text) {
      var words = Words(from: line.lowerBound, to: line.upperBound)
      guard let key = words.next(in: text) else { continue }
      let name = text.extracting(key)
      if isEqual(name, "nameserver") {
        if servers.count < 3, let word = words.next(in: text),
          let address = IPAddress(parsing: text.extracting(word))
        {
          servers.append(address)
        }
      } else if isEqual(name, "search") || isEqual(name, "domain") {
        search = []
        while search.count < 6, let word = words.next(in: text) {
          search.append([UInt8](copying: text.extracting(word)))
        }
      } else if isEqual(name, "options") {
        while let word = words.next(in: text) { setOption(text.extracting(word)) }
      }
    }
    if servers.count == 0 { servers.append(.v4(0x7f00_0001)) }
  }

  private mutating func setOption(_ word: Span<UInt8>) {
    guard let colon = word.index(of: UInt8(ascii: ":")),
      let number = word.from(colon &+ 1).decimal(atMost: 30)
    else { return }
    let name = word.before(colon)
    let value = max(Int(number), 1)
    if isEqual(name, "ndots") { dots = Int(number) }
    if isEqual(name, "timeout") { timeout = value }
    if isEqual(name, "attempts") { attempts = value }
  }

  /// The names to ask for, one after another; nil past the last.
  public func candidate(_ index: Int, of name: [UInt8]) -> [UInt8]? {
    let dot = UInt8(ascii: ".")
    var found = 0
    for byte in name where byte == dot { found &+= 1 }
    // A name that ends with a dot is whole.
    let isWhole = name.count > 0 && name[name.count &- 1] == dot
    let ownPlace = isWhole || found >= dots ? 0 : search.count
    if index == ownPlace { return name }
    let place = index > ownPlace ? index &- 1 : index
    if isWhole || place < 0 || place >= search.count { return nil }
    return name + [dot] + search[place]
  }
}

/// /etc/hosts (hosts(5)).
public enum HostsFile {
  /// The addresses that the file's text has for a name, in its order.
  public static func addresses(of name: Span<UInt8>, in text: Span<UInt8>) -> AddressList {
    var list = AddressList()
    var lines = Lines()
    while let line = lines.next(in: text) {
      var words = Words(from: line.lowerBound, to: line.upperBound)
      guard let first = words.next(in: text) else { continue }
      while let word = words.next(in: text) {
        guard isSame(name, text.extracting(word)) else { continue }
        if let address = IPAddress(parsing: text.extracting(first)) { list.append(address) }
        break
      }
    }
    return list
  }
}

/// Walks the lines of a configuration file, each up to its comment.
struct Lines {
  private var start = 0

  /// Where the next line lies, without what follows a `#` or `;`; nil at the end.
  mutating func next(in text: Span<UInt8>) -> Range<Int>? {
    if start >= text.count { return nil }
    let first = start
    let end = text.index(of: UInt8(ascii: "\n"), from: first) ?? text.count
    start = end &+ 1
    var last = first
    while last < end && text[last] != UInt8(ascii: "#") && text[last] != UInt8(ascii: ";") {
      last &+= 1
    }
    return first..<last
  }
}

/// Whether two names are one: letters of either case are the same (RFC 4343).
func isSame(_ name: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
  if name.count != other.count { return false }
  for index in 0..<name.count where name[index].uppercased != other[index].uppercased {
    return false
  }
  return true
}
