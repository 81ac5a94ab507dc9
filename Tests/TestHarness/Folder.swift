import Foundation

/// A folder of its own for a test, removed with the value.
public final class Folder {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "drainit-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult public func file(_ name: String, _ text: String = "", mode: Int = 0o755) throws
    -> String
  {
    let file = path + "/" + name
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }
}
