/// What one scope may reserve before the store has heard of it.
///
/// A stop that nobody saw coming must not let a limit be passed: the store holds what was spent and, on top, all that
/// may be spent until it is written again. Reserving more than that waits for the next writing, a matter of
/// milliseconds.
struct QuotaLease: Sendable {
    private(set) var requests = 0
    private(set) var tokens = 0
    /// Written down, but not known to be on the disk.
    private var pendingRequests = 0
    private var pendingTokens = 0

    var pending: (requests: Int, tokens: Int) { (pendingRequests, pendingTokens) }

    /// The most tokens that a call wanted in vain since the last writing.
    private var wantedTokens = 0
    private var usedRequests = 0
    private var usedTokens = 0
    private var size = (requests: 0, tokens: 0)

    /// The next one is on its way to the disk.
    private var isRenewing = false

    /// Less than half is left, or more was wanted than is left. While the next one is being written nobody need call for
    /// it: calls would follow each other without end.
    var isLow: Bool {
        !isRenewing && (requests * 2 < size.requests || tokens * 2 < size.tokens || wantedTokens > tokens)
    }

    mutating func covers(tokens wanted: Int) -> Bool {
        guard requests > 0, wanted <= tokens else {
            wantedTokens = max(wantedTokens, wanted)
            return false
        }
        return true
    }

    mutating func take(requests count: Int, tokens amount: Int) {
        requests -= count
        tokens -= amount
        pendingRequests -= count
        pendingTokens -= amount
        usedRequests += count
        usedTokens += amount
    }

    /// Settles on the next lease. Until it is granted only what both the old and the new one hold may be taken.
    ///
    /// - Parameters:
    ///   - share: an eighth of the tightest limit, which a crash may cost at most when little is going on.
    ///   - left: what the windows still hold.
    mutating func renew(share: (requests: Int, tokens: Int), left: (requests: Int, tokens: Int)) {
        // As much as four times the last interval's spending, so that a steady load never waits.
        pendingRequests = min(max(2, min(share.requests, 64), usedRequests * 4), max(1, left.requests))
        let tokens = min(max(min(share.tokens, 65_536), usedTokens * 4), max(1, left.tokens))
        pendingTokens = max(tokens, wantedTokens)
        size = (pendingRequests, pendingTokens)
        isRenewing = true
        (usedRequests, usedTokens, wantedTokens) = (0, 0, 0)
        requests = min(requests, pendingRequests)
        self.tokens = min(self.tokens, pendingTokens)
    }

    mutating func grant() {
        isRenewing = false
        requests = pendingRequests
        tokens = pendingTokens
    }
}
