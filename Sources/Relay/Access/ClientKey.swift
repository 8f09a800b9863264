import Synchronization

/// A client's key while Relay serves: whose it is, what it may use, and what it has used.
final class ClientKey: Sendable {
    let record: ClientRecord
    /// Tells its sessions and kept responses from those of others.
    let fingerprint: String
    /// `nil` where nothing is limited.
    let quota: ClientQuota?

    /// Goes on with what was used of a former key of the same digest, where its limits are the same.
    init(_ record: ClientRecord, after former: ClientKey? = nil) {
        self.record = record
        fingerprint = KeyFingerprint.of(digest: record.digest)
        quota =
            if let former, former.record.limits == record.limits { former.quota } else {
                record.limits.isUnlimited ? nil : ClientQuota(record.limits)
            }
    }

    var name: String { record.name }

    /// `nil` where it may use every route.
    var access: RouteAccess? { record.access.isOpen ? nil : record.access }
}

/// What a client may use, counted as providers' limits are: a request from the moment it is taken on, its tokens as the
/// prompt is estimated until the provider has said what they were.
final class ClientQuota: Sendable {
    private let ledger: Mutex<QuotaLedger>

    init(_ limits: RateLimits) {
        ledger = Mutex(QuotaLedger(limits: limits, reset: .utc))
    }

    enum Taken: Sendable {
        case taken
        /// The limit that was reached, and when it is open again.
        case refused(axis: QuotaAxis, limit: Int, wait: Duration)
    }

    func take(tokens: Int, at now: Now) -> Taken {
        ledger.withLock { ledger in
            ledger.expire(at: now)
            if let shortage = ledger.shortage(tokens: tokens, at: now) {
                // What is under way will end; a moment is all that can be told.
                let wait =
                    shortage.until == Now.unknown ? .seconds(1) : Duration.nanoseconds(shortage.until - now.ticks)
                return .refused(axis: shortage.axis, limit: ledger.limit(of: shortage.axis) ?? 0, wait: wait)
            }
            ledger.reserve(tokens: tokens)
            return .taken
        }
    }

    /// The request is over: it used that many tokens of the `reserved`.
    func settle(reserved: Int, used: Int, at now: Now) {
        ledger.withLock { ledger in
            ledger.spendRequest(at: now)
            ledger.spendTokens(used, reserved: reserved, at: now)
        }
    }

    /// The request has cost nothing.
    func giveBack(reserved: Int) {
        ledger.withLock { ledger in
            ledger.releaseRequest()
            ledger.releaseTokens(reserved)
        }
    }

    /// What was used before a restart, at the time of `now`.
    func restore(requests: Int, tokens: Int, of window: QuotaWindow, at now: Now) {
        ledger.withLock { $0.restore(requests: requests, tokens: tokens, of: window, at: now) }
    }
}

extension ClientError {
    static func clientLimit(_ name: String, axis: QuotaAxis, limit: Int, wait: Duration) -> ClientError {
        let seconds = max(1, Int(wait.seconds.rounded(.up)))
        let what = axis.kind == .requests ? "requests" : "tokens"
        let window = axis.window == .day ? "day" : "minute"
        return ClientError(
            status: 429,
            message: "The key of '\(name)' has used its \(limit) \(what) per \(window). Retry after \(seconds) s.",
            type: "rate_limit_error",
            code: "client_limit_reached",
            retryAfterSeconds: seconds,
            isFinal: false
        )
    }
}
