import Testing

@testable import Normalize

/// An answer as a client receives it, put together from the pieces that a normalizer let out.
struct StreamedAnswer: Equatable {
    var text: [UInt8] = []
    var reasoning: [UInt8] = []
    var toolCalls: [RescuedToolCall] = []
    var jsonIsValid: Bool?

    /// Sends `text` cut into these pieces.
    init(_ pieces: [[UInt8]], of sample: Sample) {
        var normalizer = sample.normalizer
        for piece in pieces {
            let result = normalizer.append(piece)
            text += result.passesUnchanged ? piece : result.text
            reasoning += result.reasoning
            toolCalls += result.toolCalls
        }
        let end = normalizer.finish(truncated: sample.truncated)
        text += end.text
        reasoning += end.reasoning
        toolCalls += end.toolCalls
        jsonIsValid = end.jsonIsValid
    }
}

/// An answer of a model and the request it answers.
struct Sample: Sendable, CustomTestStringConvertible {
    var text: String
    var expecting: ExpectedOutput = .text
    var tools: Set<String> = []
    var truncated = false

    init(_ text: String, expecting: ExpectedOutput = .text, tools: Set<String> = [], truncated: Bool = false) {
        self.text = text
        self.expecting = expecting
        self.tools = tools
        self.truncated = truncated
    }

    var testDescription: String { String(text.prefix(60)) }

    var normalizer: TextNormalizer {
        TextNormalizer(settings: NormalizeSettings(), expecting: expecting, offeredTools: tools)
    }

    var whole: NormalizedAnswer {
        TextNormalizer.normalize(text, expecting: expecting, offeredTools: tools, truncated: truncated)
    }

    /// Checks that the answer is the same cut in two at every place, byte by byte, and in pieces of a few bytes.
    func isTheSameHoweverCut() -> Bool {
        let bytes = Array(text.utf8)
        let whole = StreamedAnswer([bytes], of: self)
        for cut in 0...bytes.count {
            guard StreamedAnswer([Array(bytes[..<cut]), Array(bytes[cut...])], of: self) == whole else { return false }
        }
        return [1, 2, 3, 5, 16]
            .allSatisfy { size in
                let pieces = stride(from: 0, to: bytes.count, by: size)
                    .map {
                        Array(bytes[$0..<min($0 + size, bytes.count)])
                    }
                return StreamedAnswer(pieces, of: self) == whole
            }
    }
}
