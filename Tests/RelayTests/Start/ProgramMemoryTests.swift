import FoundationEssentials
import Testing

@testable import Relay

@Suite("Program memory")
struct ProgramMemoryTests {
    @Test("only text of files is let go: nothing that may have been written to")
    func ranges() {
        let maps = """
            55d697a2e000-55d697c8b000 r--p 00000000 fe:00 16220906                   /opt/a relay/relay
            55d697c8b000-55d69a203000 r-xp 0025d000 fe:00 16220906                   /opt/a relay/relay
            55d69a204000-55d69a311000 rw-p 02578000 fe:00 16220906                   /opt/a relay/relay
            55d6a2311000-55d6a2500000 rw-p 00000000 00:00 0                          [heap]
            7efe04000000-7efe041a7000 rwxp 00000000 00:00 0
            7efe0c844000-7efe0c99a000 r-xp 00026000 fe:00 333151                     /usr/lib/libc.so.6
            7ffd0c844000-7ffd0c846000 r-xp 00000000 00:00 0                          [vdso]
            """
        #expect(
            ProgramMemory.textRanges(of: maps) == [
                0x55d6_97c8_b000..<0x55d6_9a20_3000, 0x7efe_0c84_4000..<0x7efe_0c99_a000,
            ]
        )
    }

    #if os(Linux)
    @Test("the program's own text is among it, and comes back when it runs on")
    func release() throws {
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let ranges = ProgramMemory.textRanges(of: maps)
        #expect(ranges.contains { $0.contains(UInt(bitPattern: own)) })
        ProgramMemory.releaseText()
        #expect(ProgramMemory.textRanges(of: maps) == ranges)
    }

    /// Where some function of this program stands.
    private var own: UnsafeRawPointer {
        let function: @convention(c) () -> Void = { print("never called") }
        return unsafeBitCast(function, to: UnsafeRawPointer.self)
    }
    #endif
}
