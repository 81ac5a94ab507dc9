import Testing

@testable import DrainCore

@Suite struct CgroupPathsTests {
  private func read(_ text: String, pieces: Int = 1_000) -> CgroupPaths {
    var paths = CgroupPaths()
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      paths.read(Array(bytes[start..<min(start + pieces, bytes.count)]).span)
      start += pieces
    }
    return paths
  }

  @Test(arguments: [
    // Version 2 alone, in the host's cgroup namespace and in one of its own.
    ("0::/kubepods.slice/a\n", false),
    ("0::/\n", false),
    // Both: each container has one of its own, or they are all in the runtime's.
    ("12:memory:/a\n1:name=systemd:/docker/a\n0::/docker/a\n", false),
    ("12:memory:/a\n1:name=systemd:/docker/a\n0::/system.slice/docker.service\n", true),
    // Nobody uses systemd's hierarchy.
    ("1:name=systemd:/\n0::/docker/a\n", false),
    // In a cgroup namespace all of them begin anew.
    ("1:name=systemd:/\n0::/\n", true),
    // Version 1 alone.
    ("12:memory:/a\n1:name=systemd:/docker/a\n", false),
    ("10:name=systemdx:/b\n0::/a\n", false),
    ("10::/b\n1:name=systemd:/a:0::b\n0::/a:0::b\n", false),
    ("", false), ("\n\n::::\n0", false),
  ])
  func itIsSharedWhereSystemdsHierarchyContradictsIt(_ text: String, _ isShared: Bool) {
    #expect(read(text).mayShareUnified == isShared)
    #expect(read(text, pieces: 1).mayShareUnified == isShared)
  }

  @Test func aCgroupBelowIsAnother() {
    #expect(read("0::/a\n").unified == read("3:cpu:/b\n0::/a\n").unified)
    #expect(read("0::/a\n").unified != read("0::/a/below\n").unified)
    #expect(read("0::/a\n").unified != CgroupPaths().unified)
  }
}
