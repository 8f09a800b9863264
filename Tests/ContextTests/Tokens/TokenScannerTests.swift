import Testing

@testable import Context

@Suite struct TokenScannerTests {
    private static let alphabets: [[UInt8]] = [
        Array("aB".utf8), Array("ab _'/.\\\n".utf8), Array("aaaaaaa ".utf8), Array("\n \t\r,".utf8), Array("01a,".utf8),
        Array("aé ßA".utf8), Array("é'oÉ1.".utf8), Array("中文ひカ한 แมрж,".utf8), Array(0x20...0x7E), Array(0...255),
        Array("-_".utf8),
        [0xC3, 0xC9, 0x8F, 0x90, 0xE1, 0xB8, 0xBC, 0x61, 0x41, 0x20], [0xF0, 0x9F, 0x98, 0x80, 0xE2, 0x80, 0x8D, 0x61],
    ]

    @Test func `windows count what the bytes count one by one`() {
        var random = SplitMix(seed: 7)
        for _ in 0..<5_000 {
            let bytes = Self.text(&random)
            let windows = Self.counts(of: bytes) { TokenScanner.features(of: $0, in: $1) }
            let runs = Self.counts(of: bytes) { bytes, memory in
                var scanner = TokenScanner(features: TokenFeatures(in: memory))
                var index = 0
                while index < bytes.count { index = scanner.run(bytes, from: index, table: .shared) }
                return scanner.features
            }
            guard windows == runs else {
                Issue.record("\(bytes): \(windows) in windows, \(runs) in runs")
                return
            }
        }
    }

    /// Short and long runs of few different bytes, often no UTF-8.
    private static func text(_ random: inout SplitMix) -> [UInt8] {
        let length = random.below(300)
        var bytes: [UInt8] = []
        while bytes.count < length {
            let alphabet = random.pick(alphabets)
            let one = random.oneIn(3) ? random.pick(alphabet) : nil
            for _ in 0..<random.below(random.oneIn(2) ? 6 : 90) { bytes.append(one ?? random.pick(alphabet)) }
        }
        return bytes
    }

    private static func counts(
        of bytes: [UInt8],
        _ scan: (UnsafeBufferPointer<UInt8>, UnsafeMutablePointer<Int>) -> TokenFeatures
    ) -> [Int] {
        let memory = UnsafeMutablePointer<Int>.allocate(capacity: TokenFeatures.capacity + WindowRoom.capacity)
        defer { memory.deallocate() }
        let features = bytes.withUnsafeBufferPointer { scan($0, memory) }
        return (0..<TokenFeatures.count).map { features.counts[$0] }
    }
}
