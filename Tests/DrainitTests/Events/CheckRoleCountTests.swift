import DrainCore
import Testing

@testable import drainit

@Suite struct CheckRoleCountTests {
  // Every loop over the roles goes by the count: one that is added must not be left out.
  @Test func theCountIsThatOfTheRoles() {
    for number in 0..<CheckRole.count { #expect(CheckRole(rawValue: number) != nil) }
    #expect(CheckRole(rawValue: CheckRole.count) == nil)
  }

  @Test func theHooksOfAMomentHaveARole() {
    #expect(HookMoment(rawValue: UInt8(HookMoment.count)) == nil)
    for number in 0..<UInt8(HookMoment.count) {
      let role = HookMoment(rawValue: number).map { CheckRole($0) }
      #expect(role?.moment?.rawValue == number)
    }
  }

  @Test func aChildOfEveryCheckThereCanBeIsKnown() {
    #expect(ProgramGroups.capacity == Int(CheckRole.count) * CheckLimits.count)
  }
}
