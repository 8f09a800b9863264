#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How well a route has served lately.
struct RouteScore: Sendable, Equatable {
    /// Calls that succeeded and failed, fading by half every ten minutes, so that an old failure does not count for ever.
    private(set) var successes = 0.0
    private(set) var failures = 0.0
    /// To the first byte of an answer, in seconds, newer calls weighing more; `nil` before the first.
    private(set) var firstByteSeconds: Double?
    /// Output speed after the first byte; `nil` before the first answer long enough to tell.
    private(set) var tokensPerSecond: Double?
    private var fadedAt = Now.never

    struct Memory: Codable, Sendable, Equatable {
        var successes: Double
        var failures: Double
        var firstByteSeconds: Double?
        var tokensPerSecond: Double?
        var at: Double
    }

    private static let halfLife = 600e9
    private static let weight = 0.2

    /// Successes over calls; `nil` before the first.
    var successRate: Double? {
        let calls = successes + failures
        return calls > 0.01 ? successes / calls : nil
    }

    /// `nil` before the first call.
    func memory(_ times: WallTimes) -> Memory? {
        guard successes > 0 || failures > 0 else { return nil }
        let score = faded(at: times.now.ticks)
        return Memory(
            successes: score.successes,
            failures: score.failures,
            firstByteSeconds: firstByteSeconds,
            tokensPerSecond: tokensPerSecond,
            at: times.now.wall
        )
    }

    mutating func restore(_ memory: Memory?, _ times: WallTimes) {
        guard let memory else { return }
        (successes, failures) = (max(0, memory.successes), max(0, memory.failures))
        (firstByteSeconds, tokensPerSecond) = (memory.firstByteSeconds, memory.tokensPerSecond)
        fadedAt = times.pastTicks(memory.at)
    }

    /// The score as it stands at a time, faded.
    func faded(at ticks: Int64) -> RouteScore {
        var score = self
        score.fade(at: ticks)
        return score
    }

    mutating func recordSuccess(latency: Duration, firstByte: Duration?, outputTokens: Int, at ticks: Int64) {
        fade(at: ticks)
        successes += 1
        let first = max(0, (firstByte ?? latency).seconds)
        firstByteSeconds = firstByteSeconds.map { $0 + Self.weight * (first - $0) } ?? first
        // Where the first byte came with the whole answer, the whole time is what the tokens took.
        let rest = latency.seconds - first
        let writing = rest > 0.05 ? rest : latency.seconds
        guard outputTokens >= 8, writing > 0 else { return }
        let speed = min(Double(outputTokens) / writing, 100_000)
        tokensPerSecond = tokensPerSecond.map { $0 + Self.weight * (speed - $0) } ?? speed
    }

    mutating func recordFailure(at ticks: Int64) {
        fade(at: ticks)
        failures += 1
    }

    private mutating func fade(at ticks: Int64) {
        defer { fadedAt = max(ticks, fadedAt) }
        guard fadedAt != Now.never, ticks > fadedAt, successes + failures > 0 else { return }
        let factor = exp2(-Double(ticks - fadedAt) / Self.halfLife)
        successes *= factor
        failures *= factor
    }
}
