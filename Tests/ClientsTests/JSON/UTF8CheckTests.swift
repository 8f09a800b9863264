import Testing

@testable import Clients

@Suite struct UTF8CheckTests {
    private static func firstFault(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return UTF8Check.firstFault(base, count: buffer.count)
        }
    }

    static let sequences: [(bytes: [UInt8], fault: Int?)] = [
        ([0x41], nil), ([0x7F], nil), ([0x80], 0), ([0xBF], 0),
        ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xC2, 0x80], nil), ([0xDF, 0xBF], nil), ([0xC2], 0), ([0xC2, 0x41], 0),
        ([0xC2, 0xC0], 0),
        ([0xE0, 0x9F, 0xBF], 0), ([0xE0, 0xA0, 0x80], nil), ([0xED, 0x9F, 0xBF], nil), ([0xED, 0xA0, 0x80], 0),
        ([0xED, 0xBF, 0xBF], 0), ([0xEE, 0x80, 0x80], nil), ([0xEF, 0xBF, 0xBF], nil), ([0xE1, 0x80], 0),
        ([0xE1, 0x80, 0x41], 0), ([0xE1, 0x41, 0x80], 0), ([0xE1], 0),
        ([0xF0, 0x8F, 0xBF, 0xBF], 0), ([0xF0, 0x90, 0x80, 0x80], nil), ([0xF4, 0x8F, 0xBF, 0xBF], nil),
        ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0), ([0xFE], 0),
        ([0xFF], 0), ([0xF1, 0x80, 0x80], 0), ([0xF1, 0x80, 0x80, 0xC0], 0), ([0xF1, 0x80, 0x41, 0x80], 0),
        ([0x41, 0xC3, 0xA9, 0x41, 0xA9], 4), ([], nil),
    ]

    @Test(arguments: sequences) func `only well-formed sequences are UTF-8`(_ bytes: [UInt8], _ fault: Int?) {
        #expect(Self.firstFault(bytes) == fault)
        #expect((String(validating: bytes, as: UTF8.self) != nil) == (fault == nil))
        // Behind others, and cut off from its continuation.
        let moved = Array("aé日😀".utf8) + bytes + [0x41]
        #expect(Self.firstFault(moved) == fault.map { $0 + 10 })
    }

    @Test func `every pair of bytes is judged as the standard library does`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for bytes in [[first, second], [first, second, 0x80], [first, second, 0x80, 0x80]] {
                    let isValid = String(validating: bytes, as: UTF8.self) != nil
                    if (Self.firstFault(bytes) == nil) != isValid {
                        Issue.record("\(bytes) is \(isValid ? "" : "not ")UTF-8")
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<4) func `random bytes are judged as the standard library does`(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let pool: [UInt8] = [0x41, 0x80, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5]
        for _ in 0..<2000 {
            let bytes = (0..<random.below(9)).map { _ in random.pick(pool) }
            #expect((Self.firstFault(bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}
