import FoundationEssentials
import Testing

@testable import Normalize

/// Random and mutated input through everything: it must come to an end soon, whatever it is.
///
/// A few hundred inputs by default; with `RELAY_FUZZ_SECONDS` set, as many as fit into that time.
@Suite struct FuzzTests {
    private static let seconds = ProcessInfo.processInfo.environment["RELAY_FUZZ_SECONDS"].flatMap(Int.init)

    private static let seeds: [String] =
        PreambleTests.stripped.map(\.0) + PreambleTests.kept + ThinkTests.moved.map(\.0) + MarkdownTests.mended.map(\.0)
        + MarkdownTests.kept + ToolRescueTests.rescued.map(\.0) + ToolRescueTests.kept + JSONStreamTests.samples
        + JSONSchemaTests.cases.flatMap { [$0.0, $0.1] }

    /// Calls `body` with new input until the time or the number is up. No input is long enough to take so long unless
    /// the time grows faster than it does.
    private func fuzz(count: Int, _ body: ([UInt8], inout SeededGenerator) -> Void) {
        let clock = ContinuousClock()
        let start = clock.now
        let seed = Self.seconds == nil ? 1 : UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var runs = 0
        while Self.seconds.map({ clock.now - start < .seconds($0) }) ?? (runs < count) {
            let input = Self.input(&generator)
            let begun = clock.now
            body(input, &generator)
            let taken = clock.now - begun
            #expect(
                taken < .seconds(5),
                "seed \(seed), run \(runs): \(taken) for \(input.count) bytes, \(String(decoding: input.prefix(200), as: UTF8.self))"
            )
            runs += 1
        }
        if Self.seconds != nil { print("\(runs) inputs from seed \(seed)") }
    }

    private static func input(_ generator: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return RandomAnswers.answer(&generator)
        case 1: return Array(RandomAnswers.document(&generator).utf8)
        case 2:
            // A pattern over and over: what is slow on it is slow in earnest.
            let part = mutated(RandomAnswers.answer(&generator).suffix(24), &generator)
            let count = 30_000 / max(1, part.count)
            return seed(&generator) + (0..<count).flatMap { _ in part }
        case 3: return seed(&generator) + seed(&generator)
        default: return mutated(seed(&generator), &generator)
        }
    }

    private static func seed(_ generator: inout SeededGenerator) -> [UInt8] {
        Array((seeds.randomElement(using: &generator) ?? "").utf8)
    }

    private static func mutated(_ bytes: some Sequence<UInt8>, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(bytes)
        for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.remove(at: index)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
            case 2: bytes.insert(contentsOf: seed(&generator).prefix(30), at: index)
            case 3: bytes.removeSubrange(index..<min(bytes.count, index + 8))
            default: bytes[index] = "{}[]\",:\\\n `<>1a".utf8.randomElement(using: &generator) ?? 0
            }
        }
        return bytes
    }

    @Test func `all rules`() {
        fuzz(count: 300) { input, generator in
            let sample = Sample(
                "",
                expecting: Bool.random(using: &generator) ? .json : .text,
                tools: Bool.random(using: &generator) ? ToolRescueTests.tools : [],
                truncated: Bool.random(using: &generator)
            )
            var pieces: [[UInt8]] = []
            var start = 0
            while start < input.count {
                let end = min(input.count, start + Int.random(in: 1...max(12, input.count / 200), using: &generator))
                pieces.append(Array(input[start..<end]))
                start = end
            }
            let whole = StreamedAnswer([input], of: sample)
            #expect(StreamedAnswer(pieces, of: sample) == whole, "\(String(decoding: input, as: UTF8.self))")
            if whole.jsonIsValid == true { #expect(JSONValidator.isValid(whole.text)) }
        }
    }

    @Test func `repair`() {
        fuzz(count: 300) { input, _ in
            if let result = JSONRepair.repair(input) { #expect(JSONValidator.isValid(result)) }
            if JSONValidator.isValid(input), input.trimmingSpace().first != .doubleQuote {
                #expect(JSONRepair.repair(input) == Array(input.trimmingSpace()))
            }
            if case .repaired(let arguments) = input.withUnsafeBytes({ ToolArguments.read($0) }) {
                #expect(JSONValidator.isValid(arguments))
            }
        }
    }

    @Test func `tool calls`() {
        fuzz(count: 300) { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let calls = FailedGeneration.toolCalls(in: text, offeredTools: ToolRescueTests.tools)
            #expect(calls?.allSatisfy { JSONValidator.isValid($0.arguments) } ?? true, "\(text)")
        }
    }

    @Test func `schemas and documents`() {
        fuzz(count: 300) { input, generator in
            let schema = (try? JSONSchema(input)) ?? (try? JSONSchema(Self.seed(&generator)))
            _ = schema?.fault(in: input)
            _ = schema?.fault(in: Self.seed(&generator))
        }
    }
}
