import Foundation
import Testing

@testable import Relay

/// A week of more demand than three free tiers allow, with restarts. Time is an argument, so it takes a second.
struct SimulatedWeekTests {
    private static let week = 7 * 86_400.0
    private static let perMinute = 6
    private static let perDay = 400

    @Test(arguments: [1 as UInt64, 2, 3])
    func `no known limit is passed, and the allowance is used`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var providers = [DayReset.utc, .pacific, .rolling].map { Provider(reset: $0) }
        var second = 0.0
        var savedAt = -1.0
        var nextRestart = 20_000.0
        var restarts = 0
        var (rightWaits, wrongWaits) = (0, 0)
        while second < Self.week {
            if second >= nextRestart {
                // Every fourth comes without warning.
                for place in providers.indices { try providers[place].restart(isClean: restarts % 4 != 3, at: second) }
                restarts += 1
                nextRestart = second + 10_000 + 20_000 * generator.unit()
            }
            if second - savedAt >= 1 {
                for place in providers.indices { providers[place].save(at: second) }
                savedAt = second
            }
            let start = Int(generator.unit() * 3)
            let served = (0..<3).contains { turn in providers[(start + turn) % 3].call(at: second) }
            if served {
                second = Self.grid(second + 0.2 + 3 * generator.unit())
                continue
            }
            // All that a client would be told: the time at which the first is free again.
            let openings = providers.map { $0.opening(at: second) }
            let place = try #require(openings.indices.min { openings[$0].until < openings[$1].until })
            let opening = openings[place]
            if opening.reason == .unsaved {
                for place in providers.indices { providers[place].save(at: second) }
                second = Self.grid(second + 0.005)
                continue
            }
            let isEarly = providers[place].opening(at: opening.until - 1).until < opening.until - 0.001
            second = Self.grid(opening.until + 0.001_5)
            if !isEarly, providers[place].isFree(at: second) { rightWaits += 1 } else { wrongWaits += 1 }
        }
        #expect(wrongWaits == 0)
        #expect(restarts > 15)
        #expect(rightWaits > 100)
        for provider in providers {
            #expect(provider.counted.excess == 0)
        }
        // Days begun: eight of UTC and of Pacific time, since the week begins at noon; seven times a rolling one.
        let used = providers.reduce(0) { $0 + $1.counted.total }
        let allowance = (8 + 8 + 7) * Self.perDay
        #expect(Double(used) >= 0.95 * Double(allowance), "\(used) of \(allowance)")
    }

    /// Whole milliseconds: a time in seconds as such would lose nanoseconds on its way to ticks and back.
    private static func grid(_ second: Double) -> Double { (second * 1000).rounded(.down) / 1000 }

    /// One provider's account, its file and what the provider itself has counted.
    private struct Provider {
        let reset: DayReset
        var account: ProviderAccount
        /// What was written last.
        var saved: (memory: AccountMemory, revision: UInt64)?
        var counted: Counted

        init(reset: DayReset) {
            self.reset = reset
            account = Self.account(reset)
            counted = Counted(reset: reset)
        }

        static func account(_ reset: DayReset) -> ProviderAccount {
            ProviderAccount(
                providerName: reset.rawValue,
                models: ["model"],
                dayReset: reset,
                routes: [RateLimits(requestsPerMinute: perMinute, requestsPerDay: perDay)]
            )
        }

        mutating func save(isLast: Bool = false, at second: Double) {
            let revision = isLast ? nil : saved?.revision
            let now = QuotaClock.at(second)
            guard let memory = account.memory(changedSince: revision, isLast: isLast, at: now) else { return }
            saved = memory
            account.grantLease()
        }

        mutating func restart(isClean: Bool, at second: Double) throws {
            if isClean { save(isLast: true, at: second) }
            account = Self.account(reset)
            let file = try JSONEncoder().encode(try #require(saved).memory)
            account.restore(try JSONDecoder().decode(AccountMemory.self, from: file), at: QuotaClock.at(second))
            saved = nil
            save(at: second)
        }

        mutating func call(at second: Double) -> Bool {
            let now = QuotaClock.at(second)
            guard case .reserved(let reservation) = account.reserve(slot: 0, tokens: 0, at: now) else { return false }
            counted.count(at: second)
            account.headArrived(reservation, at: now)
            account.settle(reservation, usedTokens: 0, at: now)
            return true
        }

        func opening(at second: Double) -> (until: Double, reason: BlockReason?) {
            let result = account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(second))
            if let reservation = result.reservation { account.release(reservation, at: QuotaClock.at(second)) }
            return (result.refusal == nil ? second : result.refusedUntil ?? .infinity, result.refusal)
        }

        func isFree(at second: Double) -> Bool {
            account.availability(slot: 0, tokens: 0, at: QuotaClock.at(second)).isFree
        }
    }

    /// How the provider counts, in the plainest way.
    private struct Counted {
        let reset: DayReset
        private(set) var total = 0
        /// Calls that it would have refused.
        private(set) var excess = 0
        /// In milliseconds.
        private var calls: [Int] = []
        private var day = 0
        private var turnsAt = 0.0

        init(reset: DayReset) { self.reset = reset }

        mutating func count(at second: Double) {
            let time = Int((second * 1000).rounded())
            calls.removeAll { $0 <= time - 86_400_000 }
            let wall = QuotaClock.at(second).wall
            if let turn = reset.nextTurn(after: wall) {
                if wall >= turnsAt { (day, turnsAt) = (0, turn) }
                day += 1
            } else {
                day = calls.count + 1
            }
            let minute = calls.count { $0 > time - 60_000 } + 1
            if minute > perMinute || day > perDay { excess += 1 }
            calls.append(time)
            total += 1
        }
    }
}
