/// What answers and refusals do to a route and its account.
extension AccountState {
    mutating func recordSuccess(
        slot: Int,
        sentAt: Int64?,
        latency: Duration,
        firstByte: Duration?,
        outputTokens: Int,
        at now: Now
    ) {
        revision &+= 1
        cooldown.recover(sentAt: sentAt)
        exhaustion.recover(sentAt: sentAt)
        keyBench.recover(sentAt: sentAt)
        forbidden.recover(sentAt: sentAt)
        routes[slot].cooldown.recover(sentAt: sentAt)
        routes[slot].exhaustion.recover(sentAt: sentAt)
        routes[slot].forbidden.recover(sentAt: sentAt)
        routes[slot].missing = MissingModel()
        routes[slot].breaker.recordSuccess(sentAt: sentAt, at: now.ticks)
        routes[slot].score
            .recordSuccess(
                latency: latency,
                firstByte: firstByte,
                outputTokens: outputTokens,
                at: now.ticks
            )
    }

    mutating func record(_ failure: UpstreamFailure, slot: Int, reservation: Reservation?, at now: Now) {
        revision &+= 1
        let sentAt = reservation?.reservedAt
        if failure.consequence != .failure { routes[slot].breaker.recordRefusal(sentAt: sentAt, at: now.ticks) }
        switch failure.consequence {
        case .none:
            learn(from: failure, slot: slot, reservation: reservation)
            // It answered, so it is not down.
            routes[slot].breaker.recordSuccess(sentAt: sentAt, at: now.ticks)
        case .poorAnswer:
            routes[slot].score.recordFailure(at: now.ticks)
            routes[slot].breaker.recordSuccess(sentAt: sentAt, at: now.ticks)
        case .failure:
            routes[slot].score.recordFailure(at: now.ticks)
            routes[slot].breaker
                .recordFailure(
                    sentAt: sentAt,
                    at: now.ticks,
                    policy: policy,
                    using: &generator
                )
        case .cooldown(let hint):
            coolDown(slot: slot, hint: hint, sentAt: sentAt, at: now)
        case .exhausted(let hint):
            exhaust(slot: slot, hint: hint, sentAt: sentAt, at: now)
        case .benchKey:
            keyBench.strike(sentAt: sentAt, at: now.ticks)
        case .forbid(let wholeKey):
            if wholeKey {
                forbidden.strike(sentAt: sentAt, at: now.ticks)
            } else {
                routes[slot].forbidden.strike(sentAt: sentAt, at: now.ticks)
            }
        case .missing:
            routes[slot].missing.strike(sentAt: sentAt, at: now.ticks)
        }
    }

    /// A check that was sent after the key had been refused found it good: it serves at once.
    mutating func keyIsTaken(sentAt: Int64) {
        guard keyBench.isUnproven else { return }
        revision &+= 1
        keyBench.lift(sentAt: sentAt)
    }

    /// 429: for as long as was said, else doubling. A used-up day ends when the day turns.
    private mutating func coolDown(slot: Int, hint: RateLimitHint, sentAt: Int64?, at now: Now) {
        report(hint, slot: slot)
        if hint.untilDayReset { return exhaust(slot: slot, hint: hint, sentAt: sentAt, at: now) }
        let pause = Self.pause(hint.retryAfter)
        func apply(to backoff: inout Backoff) {
            if let pause {
                backoff.hold(until: now.ticks + pause, at: now.ticks)
            } else {
                backoff.strike(sentAt: sentAt, at: now.ticks)
            }
        }
        if hint.accountWide { apply(to: &cooldown) } else { apply(to: &routes[slot].cooldown) }
    }

    /// 402 and used-up days: to the reset, where there is one.
    private mutating func exhaust(slot: Int, hint: RateLimitHint, sentAt: Int64?, at now: Now) {
        var until: Int64?
        if hint.untilDayReset, let turn = dayReset.nextTurn(after: now.wall) {
            until = now.ticks + Duration(clampingSeconds: turn - now.wall).nanoseconds
        } else if let pause = Self.pause(hint.retryAfter) {
            until = now.ticks + pause
        }
        func apply(to backoff: inout Backoff) {
            if let until {
                backoff.hold(until: until, at: now.ticks)
            } else {
                backoff.strike(sentAt: sentAt, at: now.ticks)
            }
        }
        if hint.accountWide { apply(to: &exhaustion) } else { apply(to: &routes[slot].exhaustion) }
    }

    /// A wait of nothing is no answer to when to come back.
    private static func pause(_ retryAfter: Duration?) -> Int64? {
        guard let retryAfter, retryAfter > .zero else { return nil }
        return min(retryAfter, RetryAfter.maximum).nanoseconds
    }

    /// Takes over a limit that a refusal named.
    private mutating func report(_ hint: RateLimitHint, slot: Int) {
        guard let axis = hint.axis, let limit = hint.limit, limit > 0 else { return }
        if hint.accountWide {
            ledger.report(limit: limit, on: axis)
        } else {
            routes[slot].ledger.report(limit: limit, on: axis)
        }
    }

    private mutating func learn(from failure: UpstreamFailure, slot: Int, reservation: Reservation?) {
        switch failure {
        case .contextLengthExceeded(let window):
            if let window {
                routes[slot].learned.learn(window: window)
            } else if let tokens = reservation?.tokens {
                // It was too much, by how much was not said.
                routes[slot].learned.learn(window: tokens / 10 * 9)
            }
        case .maxTokensTooLarge(let limit):
            if let limit { routes[slot].learned.learn(maxOutputTokens: limit) }
        default:
            break
        }
    }

    /// Corrects the ledgers by what the provider reported with an answer.
    mutating func learn(_ report: RateLimitReport, slot: Int, sentAt: Int64?, at now: Now) {
        revision &+= 1
        for reading in report.readings {
            let axis = axis(of: reading, slot: slot)
            guard let axis else { continue }
            // Where the account carries that limit and the model does not, the report means the account.
            if ledger.contains(axis), !routes[slot].ledger.contains(axis) {
                ledger.correct(axis, with: reading, sentAt: sentAt, at: now)
            } else {
                routes[slot].ledger.correct(axis, with: reading, sentAt: sentAt, at: now)
            }
        }
    }

    /// The axis a reading is about. Some providers do not name the window: then the one with the same limit is meant,
    /// else the time to the reset tells, else it is the minute.
    private func axis(of reading: RateLimitReport.Reading, slot: Int) -> QuotaAxis? {
        if let window = reading.window { return QuotaAxis(reading.kind, window) }
        if let limit = reading.limit {
            for window in [QuotaWindow.day, .hour, .minute] {
                let axis = QuotaAxis(reading.kind, window)
                if routes[slot].ledger.limit(of: axis) == limit || ledger.limit(of: axis) == limit { return axis }
            }
        }
        guard let reset = reading.reset else { return nil }
        if reset > .seconds(3600) { return QuotaAxis(reading.kind, .day) }
        if reset > .seconds(61) { return QuotaAxis(reading.kind, .hour) }
        return QuotaAxis(reading.kind, .minute)
    }
}
