import Testing

@testable import Context

@Suite struct TermReaderTests {
    private func terms(_ text: String) -> [UInt64] {
        var text = text
        return text.withUTF8 { bytes in
            ByteClass.table.withUnsafeBufferPointer { classes in
                var reader = TermReader(bytes, classes: classes)
                var found: [UInt64] = []
                reader.words(in: 0..<bytes.count) { found.append($0.hash) }
                return found
            }
        }
    }

    private func identifiers(_ text: String) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            ByteClass.table.withUnsafeBufferPointer { classes in
                let reader = TermReader(bytes, classes: classes)
                var found: [String] = []
                reader.identifiers(in: 0..<bytes.count) {
                    found.append(String(decoding: bytes[$0.range], as: UTF8.self))
                }
                return found
            }
        }
    }

    @Test(
        arguments: [
            ("hikes", "hiking"), ("city", "cities"), ("running", "run"), ("painted", "paint"), ("Über", "über"),
            ("МОСКВА", "москва"), ("Tim's", "tim"), ("ΑΘΗΝΑ", "αθηνα"),
        ]
    )
    func `forms of a word meet`(one: String, other: String) {
        #expect(terms(one) == terms(other))
    }

    @Test func `scripts without spaces give pairs of characters`() {
        #expect(terms("拉美西斯").count == 3)
        #expect(Set(terms("他叫拉美西斯")).isSuperset(of: terms("拉美西斯")))
        #expect(terms("猫").count == 1)
    }

    @Test func `identifiers are paths, dotted, snake-case and camel-case names, and codes`() {
        let text =
            "Open src/main.swift, call run_tests() or parseHeader with HAT069. Not this word, nor 2023 or e.g. that."
        #expect(identifiers(text) == ["src/main.swift", "run_tests", "parseHeader", "HAT069", "e.g"])
    }

    @Test func `any bytes are read to their end`() {
        var random = SplitMix(seed: 7)
        for _ in 0..<3_000 {
            let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
            bytes.withUnsafeBufferPointer { pointer in
                ByteClass.table.withUnsafeBufferPointer { classes in
                    var reader = TermReader(pointer, classes: classes)
                    var end = 0
                    reader.words(in: 0..<pointer.count) { found in
                        #expect(found.range.upperBound <= pointer.count)
                        end = max(end, found.range.upperBound)
                    }
                    #expect(end <= pointer.count)
                }
            }
        }
    }
}
