import Testing

@testable import DrainLinux

/// Walks from the top, by the lists of children, and over all of /proc, as where there are none.
@Suite struct ProcessWalkTests {
  @Test func aChainIsWalkedToItsEnd() throws {
    #expect(try Piece.lines("walk", "top", "chain", "80") == ["found 80"])
    #expect(try Piece.lines("walk", "all", "chain", "40") == ["over all 1", "found 40"])
  }

  // More than a walk from the top can note: it goes on over all.
  @Test(arguments: ["wide", "below"]) func eachOfManyIsShownOnce(shape: String) throws {
    #expect(try Piece.lines("walk", "top", shape, "1100") == ["over all 1", "found 1100"])
  }

  @Test func whoDescendsFromASparedGroupIsSpared() throws {
    #expect(try Piece.lines("walk", "top", "groups", "4") == ["found 4", "with one spared 1"])
    #expect(
      try Piece.lines("walk", "all", "groups", "4")
        == ["over all 1", "found 4", "over all 1", "with one spared 1"])
  }

  @Test(arguments: ["top", "all"]) func anOrphanThatWasAdoptedMeanwhileIsShownOnce(
    way: String
  ) throws {
    #expect(try Piece.lines("orphan", way) == ["first 1", "orphan 1"])
  }

  @Test func aNameMayHoldParenthesesBlanksAndLineEnds() throws {
    #expect(try Piece.lines("named") == ["parent 0", "parent 1", "over all 1", "found 2"])
  }
}
