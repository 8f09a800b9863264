@testable import Relay

/// Providers that enforce their limits, a network that jitters and a demand that never ends, on a clock that jumps.
struct QuotaSimulation {
    /// How the provider itself counts.
    enum Counting: Sendable, CaseIterable {
        /// The last minute before each call.
        case sliding
        /// From one full minute of its own clock to the next.
        case fixed
    }

    struct Provider {
        var limits: RateLimits
        var counting: Counting
        /// Of its clock against ours, in seconds.
        var phase: Double
        var window: QuotaWindow = .minute
    }

    struct Result {
        var refused = 0
        var calls: [Int] = []
        var tokens: [Int] = []

        /// Of what the providers would have given in that many windows.
        func utilisation(of providers: [Provider], windows: Double) -> Double {
            let allowance = providers.map { Double($0.limits[QuotaAxis(.requests, $0.window)] ?? 0) * windows }
            return Double(calls.reduce(0, +)) / allowance.reduce(0, +)
        }
    }

    private enum Event {
        case wake
        case arrival(provider: Int, tokens: Int)
        case head(provider: Int, reservation: Reservation, tokens: Int, sent: Double)
    }

    private struct Counter {
        var entries: [(time: Double, tokens: Int)] = []
        var tokens = 0
    }

    let providers: [Provider]
    /// Whether answers carry `x-ratelimit-*`.
    var reports = false
    /// Tokens that a call uses, and the most that Relay expects.
    var tokens = 0...0
    var latency = 0.005...0.5
    private var generator: SeededGenerator
    private var counters: [Counter]
    /// The next one last.
    private var events: [(time: Double, event: Event)] = []
    private var nextWake: Double?
    private var result = Result()

    init(_ providers: [Provider], seed: UInt64) {
        self.providers = providers
        self.generator = SeededGenerator(seed: seed)
        self.counters = providers.map { _ in Counter() }
        self.result.calls = providers.map { _ in 0 }
        self.result.tokens = providers.map { _ in 0 }
    }

    /// Calls as often as the accounts allow until so many seconds have passed.
    mutating func run(_ accounts: [ProviderAccount], for seconds: Double) -> Result {
        nextWake = 0
        schedule(.wake, at: 0)
        while let (time, event) = events.popLast() {
            switch event {
            case .arrival(let provider, let tokens): arrive(at: provider, tokens: tokens, time: time)
            case .head(let provider, let reservation, let tokens, let sent):
                finish(accounts[provider], provider, reservation, tokens, sent: sent, time: time)
            case .wake where time == nextWake: nextWake = nil
            case .wake: continue
            }
            if time < seconds { demand(accounts, at: time) }
        }
        return result
    }

    private mutating func schedule(_ event: Event, at time: Double) {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].time >= time { low = middle + 1 } else { high = middle }
        }
        events.insert((time, event), at: low)
    }

    private mutating func demand(_ accounts: [ProviderAccount], at time: Double) {
        var next: Double?
        for (provider, account) in accounts.enumerated() {
            while true {
                let answer = account.reserve(slot: 0, tokens: tokens.upperBound, at: QuotaClock.at(time))
                guard let reservation = answer.reservation else {
                    if let until = answer.refusedUntil { next = min(next ?? until, until) }
                    break
                }
                let whole = Double.random(in: latency, using: &generator)
                let used = Int.random(in: tokens, using: &generator)
                let arrival = time + Double.random(in: 0...whole, using: &generator)
                schedule(.arrival(provider: provider, tokens: used), at: arrival)
                schedule(
                    .head(provider: provider, reservation: reservation, tokens: used, sent: time),
                    at: time + whole
                )
            }
        }
        // A nanosecond more, since seconds as Double are rounded.
        if let next, next < nextWake ?? .infinity {
            let wake = max(next, time) + 1e-6
            nextWake = wake
            schedule(.wake, at: wake)
        }
    }

    private mutating func arrive(at index: Int, tokens: Int, time: Double) {
        let provider = providers[index]
        forget(index, at: time)
        let requests = QuotaAxis(.requests, provider.window)
        let amounts = QuotaAxis(.tokens, provider.window)
        let used = counters[index].tokens
        if counters[index].entries.count + 1 > provider.limits[requests] ?? .max
            || used + tokens > provider.limits[amounts] ?? .max
        {
            result.refused += 1
        }
        counters[index].entries.append((time, tokens))
        counters[index].tokens += tokens
        result.calls[index] += 1
        result.tokens[index] += tokens
    }

    private mutating func forget(_ index: Int, at time: Double) {
        let provider = providers[index]
        let window = provider.window.duration.seconds
        let start =
            switch provider.counting {
            case .sliding: time - window
            case .fixed: ((time + provider.phase) / window).rounded(.down) * window - provider.phase - 1e-9
            }
        let gone = counters[index].entries.prefix { $0.time <= start }
        counters[index].tokens -= gone.reduce(0) { $0 + $1.tokens }
        counters[index].entries.removeFirst(gone.count)
    }

    private mutating func finish(
        _ account: ProviderAccount,
        _ index: Int,
        _ reservation: Reservation,
        _ tokens: Int,
        sent: Double,
        time: Double
    ) {
        let now = QuotaClock.at(time)
        account.headArrived(reservation, at: now)
        if reports {
            forget(index, at: time)
            let provider = providers[index]
            let window = provider.window.duration.seconds
            let limit = provider.limits[QuotaAxis(.requests, provider.window)]
            let reset =
                switch provider.counting {
                case .sliding: (counters[index].entries.first?.time ?? time) + window - time
                case .fixed: window - (time + provider.phase).truncatingRemainder(dividingBy: window)
                }
            let reading = RateLimitReport.Reading(
                window: provider.window,
                limit: limit,
                remaining: limit.map { $0 - counters[index].entries.count },
                reset: .seconds(reset)
            )
            account.learn(RateLimitReport(readings: [reading]), slot: 0, reservation: reservation, at: now)
        }
        account.recordSuccess(
            slot: 0,
            reservation: reservation,
            latency: .seconds(time - sent),
            outputTokens: tokens,
            at: now
        )
        account.settle(reservation, usedTokens: tokens, at: now)
    }
}
