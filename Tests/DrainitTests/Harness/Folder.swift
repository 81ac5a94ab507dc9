import Foundation

/// A folder of its own for a test, removed with the value.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "drainit-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult func file(_ name: String, _ text: String = "") throws -> String {
    let file = path + "/" + name
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    return file
  }
}
