// swift-tools-version: 6.2
import PackageDescription

// CLinux asks libc for all that Linux has. Foundation's modules are built from the same headers in a
// build of the tests, and the same definitions have to come out: they are asked for everywhere.
let extensions = SwiftSetting.unsafeFlags(["-Xcc", "-D_GNU_SOURCE"])

// What ships is Embedded Swift: no runtime, no reflection, no allocation that is not ours. A debug
// build of the same sources is ordinary Swift, for tests, sanitizers and debuggers.
let shipped: [SwiftSetting] = [
  extensions,
  .enableExperimentalFeature("Embedded", .when(configuration: .release)),
  .enableExperimentalFeature("Lifetimes"),
  // Swift 6.3.1 runs the deinit of a noncopyable value before its last use in a function that ends
  // in a Never call; without the pass it does not. And with -Osize it drops the stores of an array
  // literal's elements where they are read through the array's span alone.
  .unsafeFlags(
    [
      "-Osize", "-Xllvm", "-sil-disable-pass=deadobject-elim",
      "-Xllvm", "-sil-disable-pass=dead-store-elimination",
    ], .when(configuration: .release)),
]

let package = Package(
  name: "drainit",
  targets: [
    .target(name: "CLinux"),
    .target(name: "DrainCore", swiftSettings: shipped),
    .target(name: "DrainLinux", dependencies: ["CLinux", "DrainCore"], swiftSettings: shipped),
    // No main.swift and no @main: Start.swift exports drainit_main, which SwiftPM links as main.
    .executableTarget(
      name: "drainit", dependencies: ["CLinux", "DrainCore", "DrainLinux"],
      swiftSettings: shipped + [.unsafeFlags(["-parse-as-library"])]),
    .testTarget(
      name: "DrainCoreTests", dependencies: ["DrainCore"], swiftSettings: [extensions]),
    // drainit's eyes as a program of their own, so that tests can put them into namespaces and cgroups.
    .executableTarget(
      name: "TrafficProbe", dependencies: ["CLinux", "DrainCore", "DrainLinux"],
      path: "Tests/TrafficProbe", swiftSettings: shipped + [.unsafeFlags(["-parse-as-library"])]),
    // One piece of DrainLinux at a time in a process of its own, for the tests of what belongs to a
    // whole process: masks, dispositions, children.
    .executableTarget(
      name: "Pieces", dependencies: ["CLinux", "DrainCore", "DrainLinux"],
      path: "Tests/Fixtures/Pieces", swiftSettings: shipped + [.unsafeFlags(["-parse-as-library"])]),
    // What the two targets of tests below both have: folders, and the programs that are built beside them.
    .target(
      name: "TestHarness", dependencies: ["CLinux", "DrainLinux"], path: "Tests/TestHarness",
      swiftSettings: [extensions]),
    .testTarget(
      name: "DrainLinuxTests",
      dependencies: ["CLinux", "DrainCore", "DrainLinux", "Pieces", "TestHarness", "TrafficProbe"],
      swiftSettings: [extensions]),
    // What joins the two: each performer by itself, with a loop of its own.
    .testTarget(
      name: "DrainitTests",
      dependencies: ["CLinux", "DrainCore", "DrainLinux", "TestHarness", "drainit"],
      swiftSettings: [extensions]),
  ])
