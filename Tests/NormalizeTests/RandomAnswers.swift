@testable import Normalize

/// A small generator with a seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Answers put together at random from what the rules look for, and documents that are valid.
enum RandomAnswers {
    private static let fragments = [
        "Sure! ", "Certainly, ", "I'd be happy to help. ", "As an AI, ", "<think>", "</think>", "```", "```json\n",
        "~~~", "\n", "  \n",
        " ", "\t", "{", "}", "[", "]", "\"", "'", ",", ":", "\\", "//", "/*", "*/", "...", "\"a\": ", "b: ", "1",
        "-2.5", "true", "None",
        "text", "é", "“", "”", "(", ")", "<tool_call>", "</tool_call>", "{\"name\": \"x\", \"arguments\": {}}",
        "[TOOL_CALLS]", "\r\n",
        "\\\"", "\\u00", "words, and more words ", "`", "<", "|", "#", "\u{A0}", "+", "=",
    ]

    static func answer(_ generator: inout SeededGenerator) -> [UInt8] {
        let count = Int.random(in: 0...40, using: &generator)
        return (0..<count)
            .flatMap { _ -> [UInt8] in
                if Int.random(in: 0..<20, using: &generator) == 0 {
                    return [UInt8.random(in: 0...255, using: &generator)]
                }
                return Array((fragments.randomElement(using: &generator) ?? "").utf8)
            }
    }

    static func document(_ generator: inout SeededGenerator, depth: Int = 0) -> String {
        let space = ["", " ", "\n  "].randomElement(using: &generator) ?? ""
        switch Int.random(in: depth == 0 ? 0..<2 : depth > 4 ? 2..<6 : 0..<6, using: &generator) {
        case 0:
            let members = (0..<Int.random(in: 0...4, using: &generator))
                .map { _ in
                    "\(space)\(string(&generator)):\(space)\(document(&generator, depth: depth + 1))"
                }
            return "{\(members.joined(separator: ","))\(space)}"
        case 1:
            let elements = (0..<Int.random(in: 0...4, using: &generator))
                .map { _ in
                    space + document(&generator, depth: depth + 1)
                }
            return "[\(elements.joined(separator: ","))\(space)]"
        case 2: return String(Int.random(in: -1000...1000, using: &generator))
        case 3: return ["true", "false", "null", "-0.5e-3"].randomElement(using: &generator) ?? "1"
        default: return string(&generator)
        }
    }

    private static func string(_ generator: inout SeededGenerator) -> String {
        let parts = [
            "a", "word ", "\\\"", "\\n", ", ", "}", "]", ": ", "é", "\\u00e9", "```", "//", "'", "{", "\\\\",
            "long words go on ",
        ]
        let count = Int.random(in: 0...12, using: &generator)
        return "\"" + (0..<count).map { _ in parts.randomElement(using: &generator) ?? "" }.joined() + "\""
    }
}
