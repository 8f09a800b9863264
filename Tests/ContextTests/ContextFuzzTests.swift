import Foundation
import Testing

@testable import Context

/// Random input for a given time: nothing may crash or hang. `RELAY_FUZZ_SECONDS` says how long, and then eight times the
/// input may not take much more than eight times the CPU time; without it there is one second of input, and no time is
/// judged. `RELAY_FUZZ_SEED` begins elsewhere.
@Suite struct ContextFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seconds = environment["RELAY_FUZZ_SECONDS"].flatMap(Double.init)

    @Test func `random input is answered, in linear time`() {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Self.seconds ?? 1)
        var seed = Self.environment["RELAY_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64((Self.seconds ?? 1) * 1_000)
        var rounds = 0
        while clock.now < end {
            var random = SplitMix(seed: seed)
            Self.feed(Self.history(&random, scale: 1), &random)
            if Self.seconds != nil, rounds.isMultiple(of: 50) {
                let slowness = Self.slowness(seed: seed)
                #expect(slowness < 6, "seed \(seed)")
                if slowness >= 6 { return }
            }
            seed += 1
            rounds += 1
        }
        #expect(rounds > 0)
    }

    private static func feed(_ messages: [Message], _ random: inout SplitMix) {
        let mode = random.pick(ContextSettings.Mode.allCases)
        var settings = ContextSettings(mode: mode, pruneWhen: random.oneIn(2) ? .always : .overBudget)
        settings.reservoirRecentKeep = random.below(40)
        settings.reservoirSummaryBudget = random.below(2_000)
        let total = messages.reduce(3) { $0 + $1.tokens }
        let budget = random.oneIn(20) ? random.below(10) - 5 : random.below(total + 50)
        let pruner = Pruner(settings: settings, estimator: TokenEstimator(correction: random.oneIn(2) ? 1 : 0.7))
        guard let plan = try? pruner.prune(messages, toFit: budget) else { return }
        #expect(mode == .disabled || plan.tokens <= budget)
    }

    /// How many times longer eight times the input takes than eight times as long, of this thread's CPU; the best of three.
    private static func slowness(seed: UInt64) -> Double {
        var best = Double.infinity
        for _ in 0..<3 where best >= 6 {
            func time(_ scale: Int) -> Double {
                var random = SplitMix(seed: seed)
                let messages = history(&random, scale: scale)
                let pruner = Pruner(settings: ContextSettings(mode: .adaptive))
                let budget = messages.reduce(3) { $0 + $1.tokens } / 3
                let start = cpuSeconds()
                _ = try? pruner.prune(messages, toFit: budget)
                return cpuSeconds() - start
            }
            // What takes less than the clock can tell says nothing, nor does a history that is too short to be pruned.
            best = min(best, time(8) / (8 * max(time(1), time(2) / 2) + 0.02))
        }
        return best
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// - Parameter scale: how many times as many messages, of the same kind.
    private static func history(_ random: inout SplitMix, scale: Int) -> [Message] {
        let kind = random.below(5)
        let length = random.below(400)
        let isWide = random.oneIn(6)
        let repeats = isWide ? scale : 1
        return (0..<(random.below(40) + 1) * (isWide ? 1 : scale))
            .flatMap { number -> [Message] in
                let text = (0..<repeats).map { _ in Self.text(&random, kind, length) }.joined()
                guard random.oneIn(4) else {
                    return [Message(role: random.pick([.user, .assistant, .system, .tool]), text: text)]
                }
                let calls = (0..<random.below(4))
                    .map { Message.Call(id: "\(number).\($0)", name: "run", arguments: Self.text(&random, kind, 40)) }
                let results = calls.shuffled(using: &random).map { Message(role: .tool, text: text, resultOf: [$0.id]) }
                return [Message(role: .assistant, text: "", calls: calls)] + results
            }
    }

    /// Bytes of any value, scalars of any script, marks only, one word again and again, or lines of data.
    private static func text(_ random: inout SplitMix, _ kind: Int, _ length: Int) -> String {
        let count = random.below(length + 1)
        switch kind {
        case 0: return String(decoding: (0..<count).map { _ in UInt8(random.below(256)) }, as: UTF8.self)
        case 1:
            let starts: [UInt32] = [
                0x20, 0x61, 0xE0, 0x300, 0x430, 0x627, 0x905, 0xE01, 0x3042, 0x4E00, 0xAC00, 0x1F600,
            ]
            let scalars = (0..<count).compactMap { _ in Unicode.Scalar(random.pick(starts) + UInt32(random.below(30))) }
            return String(String.UnicodeScalarView(scalars))
        case 2: return String((0..<count).map { _ in random.pick(Array(" \n.?!`[]{}\",:;_/\\-'’。？")) })
        case 3: return String(repeating: random.pick(["word ", "x", "会", "a_b ", "\n", "12 "]), count: count)
        default:
            return (0..<count / 8).map { "id_\(random.below(99))/f\($0).swift:\(random.below(999)): error\n" }.joined()
        }
    }
}
