import DrainCore
import Testing

@testable import drainit

@Suite struct ProgramGroupsTests {
  @Test func aChildOfEveryCheckThereCanBeIsKnown() {
    #expect(ProgramGroups.capacity == Int(CheckRole.count) * CheckLimits.count)
    var groups = ProgramGroups()
    for group in 1...Int32(ProgramGroups.capacity) { groups.insert(group) }
    for group in 1...Int32(ProgramGroups.capacity) { #expect(groups.contains(group)) }
  }
}
