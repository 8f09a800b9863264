import Foundation
import Testing

@testable import Relay

/// What an account knows, written down and read in another process, whose ticks count from somewhere else.
struct AccountMemoryTests {
    @Test func `a window that was used up stays so until the moment it frees`() throws {
        let account = account(RateLimits(requestsPerMinute: 3))
        for second in [0.0, 10, 20] { #expect(account.call(at: second)) }
        let again = try account.restarted(at: 30, into: self.account(RateLimits(requestsPerMinute: 3)))
        #expect(again.refusal(at: 59.9) == .quota(QuotaAxis(.requests, .minute)))
        #expect(again.call(at: 60))
        #expect(again.refusal(at: 60.1) != nil)
        #expect(again.call(at: 70))
    }

    @Test(arguments: [DayReset.utc, .pacific])
    func `a day's counter outlives a restart and ends with the day`(reset: DayReset) throws {
        let limits = RateLimits(requestsPerDay: 2)
        let account = account(limits, reset)
        #expect(account.call(at: 0))
        #expect(account.call(at: 1))
        let turn = try #require(account.blockedUntil(at: 2))
        let again = try account.restarted(at: 2, into: self.account(limits, reset))
        #expect(again.blockedUntil(at: 3) == turn)
        let later = try again.restarted(at: turn - 1, into: self.account(limits, reset))
        #expect(later.refusal(at: turn - 0.5) != nil)
        #expect(later.call(at: turn + 0.001))
    }

    @Test func `a stop without warning counts what was leased as used, and no call more than that`() throws {
        let limits = RateLimits(requestsPerMinute: 80)
        let account = account(limits)
        _ = try #require(account.memory(changedSince: nil, isLast: false, at: QuotaClock.at(0)))
        account.grantLease()
        var calls = 0
        while account.call(at: 0.5) { calls += 1 }
        #expect(calls > 0 && calls < 80)
        #expect(account.reserve(slot: 0, tokens: 0, at: QuotaClock.at(0.5)).refusal == .unsaved)
        // It dies here: the last that was written is what it had at the start.
        let first = self.account(limits)
        let written = try #require(first.memory(changedSince: nil, isLast: false, at: QuotaClock.at(0))).memory
        let again = self.account(limits)
        again.restore(written, at: QuotaClock.at(1))
        var more = 0
        while again.call(at: 1.5) { more += 1 }
        #expect(calls + more <= 80)
        #expect(more >= 70)
    }

    @Test func `a clean stop leases nothing and loses nothing`() throws {
        let limits = RateLimits(requestsPerMinute: 80)
        let account = account(limits)
        _ = account.memory(changedSince: nil, isLast: false, at: QuotaClock.at(0))
        account.grantLease()
        #expect(account.call(at: 0.5))
        let again = try account.restarted(at: 1, into: self.account(limits))
        var more = 0
        while again.call(at: 1.5) { more += 1 }
        #expect(more == 79)
    }

    @Test func `a prompt beyond the lease waits for one writing and no more`() throws {
        let account = account(RateLimits(tokensPerMinute: 8000))
        _ = account.memory(changedSince: nil, isLast: false, at: QuotaClock.at(0))
        account.grantLease()
        #expect(account.reserve(slot: 0, tokens: 6000, at: QuotaClock.at(1)).refusal == .unsaved)
        _ = account.memory(changedSince: nil, isLast: false, at: QuotaClock.at(1))
        account.grantLease()
        #expect(account.call(tokens: 6000, at: 1))
    }

    @Test func `cooldowns, benches, breakers and what was learned go on`() throws {
        let limits = RateLimits(requestsPerMinute: 100)
        let account = account(limits)
        let at = QuotaClock.at
        account.record(
            .rateLimited(RateLimitHint(retryAfter: .seconds(600))),
            slot: 0,
            reservation: nil,
            at: at(0)
        )
        for _ in 0..<3 { account.record(.serverError(status: 500), slot: 1, reservation: nil, at: at(1)) }
        account.record(.contextLengthExceeded(window: 4096), slot: 0, reservation: nil, at: at(2))
        let again = try account.restarted(at: 3, into: self.account(limits))
        let first = again.snapshot(slot: 0, at: at(4))
        #expect(first.reason == .cooldown)
        #expect(first.cooldownRemainingSeconds == 596)
        #expect(again.learnedSizes(slot: 0).window == 4096)
        let second = again.snapshot(slot: 1, at: at(4))
        #expect(second.reason == .breakerOpen)
        #expect(again.availability(slot: 1, tokens: 0, at: at(10)).isFree)
    }

    @Test func `a refused key stays benched, its other keys do not care`() throws {
        let account = account(.none)
        account.record(.unauthorized, slot: 0, reservation: nil, at: QuotaClock.at(0))
        let again = try account.restarted(at: 1, into: self.account(.none))
        #expect(again.snapshot(slot: 1, at: QuotaClock.at(2)).reason == .keyBenched)
        #expect(again.availability(slot: 0, tokens: 0, at: QuotaClock.at(301)).isFree)
    }

    @Test func `ticks may count from elsewhere after a restart, and the clock may have been set back`() throws {
        let limits = RateLimits(requestsPerMinute: 1)
        let first = account(limits)
        #expect(first.call(at: 0))
        let memory = try #require(first.memory(changedSince: nil, isLast: true, at: QuotaClock.at(10))).memory
        let booted = Now(ticks: 5_000_000_000, wall: QuotaClock.wall(20))
        let second = account(limits)
        second.restore(memory, at: booted)
        #expect(second.reserve(slot: 0, tokens: 0, at: booted.advanced(by: .seconds(39))).refusal != nil)
        #expect(second.reserve(slot: 0, tokens: 0, at: booted.advanced(by: .seconds(41))).refusal == nil)
        // An hour back: the spending is taken to be of this moment, and no longer kept than its window.
        let third = account(limits)
        let setBack = Now(ticks: 5_000_000_000, wall: QuotaClock.wall(-3600))
        third.restore(memory, at: setBack)
        #expect(third.reserve(slot: 0, tokens: 0, at: setBack.advanced(by: .seconds(59))).refusal != nil)
        #expect(third.reserve(slot: 0, tokens: 0, at: setBack.advanced(by: .seconds(61))).refusal == nil)
    }

    private func account(_ limits: RateLimits, _ reset: DayReset = .rolling) -> ProviderAccount {
        ProviderAccount(
            providerName: "A",
            models: ["first", "second"],
            dayReset: reset,
            routes: [limits, limits]
        )
    }
}

extension ProviderAccount {
    /// What `other`, an account of the same make, knows after a clean stop and a start.
    fileprivate func restarted(at second: Double, into other: ProviderAccount) throws -> ProviderAccount {
        let now = QuotaClock.at(second)
        let memory = try #require(self.memory(changedSince: nil, isLast: true, at: now)).memory
        let read = try JSONDecoder().decode(AccountMemory.self, from: try JSONEncoder().encode(memory))
        other.restore(read, at: now)
        return other
    }
}
