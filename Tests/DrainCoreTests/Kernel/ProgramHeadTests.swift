import Testing

@testable import DrainCore

@Suite struct ProgramHeadTests {
  private func head(_ text: String) -> ProgramHead { ProgramHead(bytes(text).span) }

  /// The interpreter's path; nil where it is no script that names one.
  private func interpreter(_ text: String) -> String? {
    guard case .script(let range) = head(text) else { return nil }
    return String(decoding: bytes(text)[range.start..<range.end], as: UTF8.self)
  }

  @Test(
    arguments: [
      ("#!/bin/sh\n", "/bin/sh"), ("#! \t /bin/sh -e\n", "/bin/sh"), ("#!/bin/sh", "/bin/sh"),
      ("#!/bin/sh\r\nx\r\n", "/bin/sh\r"), ("#!/usr/bin/env bash\r\n", "/usr/bin/env"),
      ("#!/bin/sh\0x", "/bin/sh"), ("#!\n/bin/sh", nil), ("#!", nil), ("#!   ", nil),
      ("# !/bin/sh\n", nil), ("#!" + String(repeating: "x", count: 253) + "\n", "x253"),
      ("#!" + String(repeating: "x", count: 254) + "\n", nil),
    ] as [(String, String?)])
  func theInterpreterIsWhatTheKernelTakesForIt(text: String, path: String?) {
    let expected = path == "x253" ? String(repeating: "x", count: 253) : path
    #expect(interpreter(text) == expected)
  }

  @Test func whatIsNoProgramOfLinuxIsToldApart() {
    #expect(head("") == .text && head("echo hello\n") == .text && head("#!\n") == .text)
    #expect(head("echo 1\n\0\0") == .text)
    #expect(head("\0") == .binary && head("ab\0c\n") == .binary)
    #expect(head("MZ\u{10}\0\u{3}\0") == .windows && head("MZ\n") == .text)
    for magic in [[0xcf, 0xfa, 0xed, 0xfe], [0xce, 0xfa, 0xed, 0xfe]] as [[UInt8]] {
      #expect(ProgramHead((magic + [7, 0]).span) == .macOS)
    }
  }

  /// An ELF header, of 64 bits and little-endian unless said.
  private func elf(
    machine: UInt16, isWide: Bool = true, isBig: Bool = false, table: UInt8 = 64, count: UInt8 = 2
  ) -> [UInt8] {
    var file = bytes("\u{7f}ELF") + [isWide ? 2 : 1, isBig ? 2 : 1, 1]
    file += [UInt8](repeating: 0, count: 64 - file.count)
    file[isBig ? 19 : 18] = UInt8(machine)
    file[isWide ? 32 : 28] = table
    file[isWide ? 56 : 44] = count
    return file
  }

  private func header(_ file: [UInt8]) -> ELFHeader? {
    guard case .program(let header) = ProgramHead(file.span) else { return nil }
    return header
  }

  @Test func aProgramSaysItsMachineAndWhereItsHeadersAre() {
    let wide = header(elf(machine: 62))
    #expect(wide?.machine == 62 && wide?.table == 64 && wide?.count == 2 && wide?.entrySize == 56)
    let narrow = header(elf(machine: 40, isWide: false, table: 52, count: 7))
    #expect(narrow?.machine == 40 && narrow?.table == 52 && narrow?.count == 7)
    #expect(narrow?.entrySize == 32)
    let big = header(elf(machine: 22, isBig: true))
    #expect(big?.machine == 22 && big?.count == 0)
    // Cut short it says nothing, and nothing is read beyond its end.
    let cut = header(bytes("\u{7f}ELF") + [2, 1])
    #expect(cut?.machine == 0 && cut?.count == 0)
  }

  @Test func theLoaderIsWhereAHeaderOfItsKindSays() {
    guard let program = header(elf(machine: 62)) else { return #expect(Bool(false)) }
    func loader(_ kind: UInt8, _ offset: UInt8, _ length: [UInt8], high: UInt8 = 0) -> Bool {
      var entry = [UInt8](repeating: 0, count: 56)
      entry[0] = kind
      entry[8] = offset
      entry[15] = high
      for index in 0..<length.count { entry[32 + index] = length[index] }
      guard let found = program.loader(entry.span) else { return false }
      return found.offset == UInt64(offset) && (2...4096).contains(found.length)
    }
    #expect(loader(3, 0x40, [28]))
    #expect(!loader(1, 0x40, [28]))
    #expect(loader(3, 0x40, [0, 16]) && !loader(3, 0x40, [1, 16]))
    #expect(!loader(3, 0x40, [1]) && !loader(3, 0x40, [0xff, 0xff, 0xff, 0xff, 0xff]))
    #expect(!loader(3, 0x40, [28], high: 0x80))
    #expect(program.loader([3, 0, 0, 0].span) == nil)
  }

  @Test(
    arguments: [
      (.notInPath, "", "it is in no directory of PATH: no such file"),
      (.refused(errno: 21), "", "it is a directory"),
      (
        .interpreter(errno: 2), "/bin/sh\r",
        "it needs /bin/sh\\x0d (its #! line): no such file or directory; "
          + "its lines end with CR LF: save it with LF alone"
      ),
      (
        .loader(errno: 2), "/lib64/ld-linux-x86-64.so.2",
        "it needs /lib64/ld-linux-x86-64.so.2 (its ELF loader): no such file or directory; "
          + "it was built for glibc, and this image has none"
      ),
      (.interpreter(errno: 13), "/x", "it needs /x (its #! line): permission denied"),
      (.macOS, "/x", "it needs /x, a program for macOS"),
      (.windows, "", "it is a program for Windows"),
      (.refused(errno: 1), "", "it is on a file system that is mounted noexec"),
    ] as [(ProgramObstacle.Kind, String, String)])
  func inWords(kind: ProgramObstacle.Kind, file: String, words: String) {
    #expect(text(ProgramObstacle(kind, bytes(file))) == words)
  }

  @Test func machinesAreNamedAsImagesNameThem() {
    let own = ELFHeader.native == 62 ? "amd64" : "arm64"
    #expect(
      text(ProgramObstacle(.machine(22)))
        == "it is a program for s390x, and this machine is \(own)")
    #expect(
      text(ProgramObstacle(.machine(999), bytes("/py")))
        == "it needs /py, a program for machine 999, and this machine is \(own)")
  }

  private func text(_ obstacle: ProgramObstacle) -> String {
    var buffer = ByteBuffer(capacity: 512)
    buffer.append(obstacle)
    return String(decoding: [UInt8](copying: buffer.bytes), as: UTF8.self)
  }
}
