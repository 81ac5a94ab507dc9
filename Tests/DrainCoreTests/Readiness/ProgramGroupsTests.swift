import Testing

@testable import DrainCore

@Suite struct ProgramGroupsTests {
  @Test func asManyAsThereIsRoomForAreKnown() {
    var groups = ProgramGroups()
    let all = 1...Int32(ProgramGroups.capacity)
    for group in all { groups.insert(group) }
    for group in all { #expect(groups.contains(group)) }
    // One too many finds no place, and takes nobody's.
    groups.insert(1_000)
    #expect(!groups.contains(1_000))
    for group in all { groups.remove(group) }
    #expect(groups.isEmpty)
  }

  @Test func noneIsNoGroup() {
    let groups = ProgramGroups()
    #expect(groups.isEmpty && !groups.contains(0) && !groups.contains(-1))
  }
}
