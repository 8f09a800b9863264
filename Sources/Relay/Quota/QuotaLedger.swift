/// All windows of one scope: a route, or an account whose models share limits.
struct QuotaLedger: Sendable {
    /// Why and until when a scope has no room.
    struct Shortage: Sendable {
        var axis: QuotaAxis
        /// In ticks of `Now`.
        var until: Int64
    }

    private(set) var windows: [AxisWindow]
    private let reset: DayReset
    /// Reserved and not yet known to be counted by the provider.
    private(set) var requestsUnderWay = 0
    /// Reserved and not yet settled.
    private(set) var tokensUnderWay = 0
    /// What may be reserved before the store hears of it; `nil` where nothing is stored.
    var lease: QuotaLease?

    init(limits: RateLimits, reset: DayReset) {
        self.reset = reset
        self.windows = limits.axes.map { AxisWindow($0, configured: limits[$0], reset: reset) }
    }

    func contains(_ axis: QuotaAxis) -> Bool {
        windows.contains { $0.axis == axis }
    }

    /// The catalog's limit on an axis.
    func limit(of axis: QuotaAxis) -> Int? {
        windows.first { $0.axis == axis }?.configured
    }

    /// Takes a limit that a refusal named.
    mutating func report(limit: Int, on axis: QuotaAxis) {
        if let index = windows.firstIndex(where: { $0.axis == axis }) {
            windows[index].report(limit: limit)
        } else {
            windows.append(AxisWindow(axis, configured: nil, reported: limit, reset: reset))
        }
    }

    mutating func expire(at now: Now) {
        for index in windows.indices { windows[index].expire(at: now) }
    }

    /// Whether the call can be reserved before the store is written again.
    mutating func isLeased(tokens: Int) -> Bool {
        guard !windows.isEmpty, lease != nil else { return true }
        return lease?.covers(tokens: tokens) ?? true
    }

    /// Whether the store should be written soon.
    var wantsLease: Bool { !windows.isEmpty && lease?.isLow == true }

    /// Makes the lease for the time until the next writing; none where nothing is reserved any more.
    mutating func renewLease(isLast: Bool) -> (requests: Int, tokens: Int) {
        guard !isLast, !windows.isEmpty else {
            lease = nil
            return (0, 0)
        }
        var share = (requests: Int.max, tokens: Int.max)
        var left = (requests: Int.max, tokens: Int.max)
        for window in windows where window.limit != .max {
            if window.axis.kind == .requests {
                share.requests = min(share.requests, window.limit / 8)
                left.requests = min(left.requests, window.limit - window.spent - requestsUnderWay)
            } else {
                share.tokens = min(share.tokens, window.limit / 8)
                left.tokens = min(left.tokens, window.limit - window.spent - tokensUnderWay)
            }
        }
        var renewed = lease ?? QuotaLease()
        renewed.renew(share: share, left: left)
        lease = renewed
        return renewed.pending
    }

    /// Takes over what was known before a restart.
    mutating func restore(_ memory: AccountMemory.Ledger, _ times: WallTimes) {
        for known in memory.windows {
            if let index = windows.firstIndex(where: { $0.axis == known.axis }) {
                windows[index].restore(known, times)
            } else if let reported = known.reported {
                var window = AxisWindow(known.axis, configured: nil, reported: reported, reset: reset)
                window.restore(known, times)
                windows.append(window)
            }
        }
        for index in windows.indices {
            let isRequests = windows[index].axis.kind == .requests
            windows[index].spend(isRequests ? memory.openRequests : memory.openTokens, at: times.now)
        }
    }

    /// Counts what was spent before a restart as if it were spent now.
    mutating func restore(requests: Int, tokens: Int, of window: QuotaWindow, at now: Now) {
        for index in windows.indices where windows[index].axis.window == window {
            windows[index].spend(windows[index].axis.kind == .requests ? requests : tokens, at: now)
        }
    }

    /// The window that keeps a call waiting longest, if any does. Call `expire` first.
    func shortage(tokens: Int, at now: Now) -> Shortage? {
        var shortage: Shortage?
        // Each window is looked at where it lies.
        let windows = windows.span
        for index in windows.indices {
            let isRequests = windows[index].axis.kind == .requests
            let amount = isRequests ? 1 : tokens
            let underWay = isRequests ? requestsUnderWay : tokensUnderWay
            guard !windows[index].hasRoom(for: amount, underWay: underWay, at: now) else { continue }
            let opening = windows[index].opening(for: amount, underWay: underWay, at: now)
            if opening > (shortage?.until ?? Now.never) {
                shortage = Shortage(axis: windows[index].axis, until: opening)
            }
        }
        return shortage
    }

    /// The least share that any window would have left after the call.
    func headroom(tokens: Int) -> Double {
        var headroom = 1.0
        let windows = windows.span
        for index in windows.indices {
            let isRequests = windows[index].axis.kind == .requests
            let left = windows[index]
                .headroom(
                    after: isRequests ? 1 : tokens,
                    underWay: isRequests ? requestsUnderWay : tokensUnderWay
                )
            headroom = min(headroom, left)
        }
        return headroom
    }

    mutating func reserve(tokens: Int) {
        requestsUnderWay += 1
        tokensUnderWay += tokens
        lease?.take(requests: 1, tokens: tokens)
    }

    /// The request has been counted by the provider.
    mutating func spendRequest(at now: Now) {
        releaseRequest()
        for index in windows.indices where windows[index].axis.kind == .requests {
            windows[index].spend(1, at: now)
        }
    }

    /// `reserved` turned out to be `tokens`.
    mutating func spendTokens(_ tokens: Int, reserved: Int, at now: Now) {
        releaseTokens(reserved)
        if tokens > reserved { lease?.take(requests: 0, tokens: tokens - reserved) }
        for index in windows.indices where windows[index].axis.kind == .tokens {
            windows[index].spend(tokens, at: now)
        }
    }

    mutating func releaseRequest() {
        requestsUnderWay = max(0, requestsUnderWay - 1)
    }

    mutating func releaseTokens(_ tokens: Int) {
        tokensUnderWay = max(0, tokensUnderWay - tokens)
    }

    /// Corrects one window; an axis that nobody named before is taken from the report if it carries a limit.
    mutating func correct(_ axis: QuotaAxis, with reading: RateLimitReport.Reading, sentAt: Int64?, at now: Now) {
        let underWay = axis.kind == .requests ? requestsUnderWay : tokensUnderWay
        if let index = windows.firstIndex(where: { $0.axis == axis }) {
            windows[index].correct(reading, underWay: underWay, sentAt: sentAt, at: now)
        } else if let limit = reading.limit, limit > 0 {
            var window = AxisWindow(axis, configured: nil, reported: limit, reset: reset)
            window.correct(reading, underWay: underWay, sentAt: sentAt, at: now)
            windows.append(window)
        }
    }
}
