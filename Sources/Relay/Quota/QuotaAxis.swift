/// What a provider counts.
enum QuotaKind: UInt8, Sendable, CaseIterable {
    case requests, tokens
}

/// Over how long it counts.
enum QuotaWindow: UInt8, Sendable, CaseIterable {
    case second, minute, hour, day

    var duration: Duration { .nanoseconds(nanoseconds) }

    var nanoseconds: Int64 {
        switch self {
        case .second: 1_000_000_000
        case .minute: 60_000_000_000
        case .hour: 3_600_000_000_000
        case .day: 86_400_000_000_000
        }
    }
}

/// One of the limits a provider sets: requests or tokens, over one window.
struct QuotaAxis: Sendable, Hashable, CustomStringConvertible {
    var kind: QuotaKind
    var window: QuotaWindow

    init(_ kind: QuotaKind, _ window: QuotaWindow) {
        self.kind = kind
        self.window = window
    }

    /// As users know them: `rpm`, `tpd`.
    var description: String {
        let kind = kind == .requests ? "r" : "t"
        return switch window {
        case .second: kind + "ps"
        case .minute: kind + "pm"
        case .hour: kind + "ph"
        case .day: kind + "pd"
        }
    }
}

extension RateLimits {
    /// The limit on one axis; tokens per second are not limited by anyone.
    subscript(axis: QuotaAxis) -> Int? {
        switch (axis.kind, axis.window) {
        case (.requests, .second): requestsPerSecond
        case (.requests, .minute): requestsPerMinute
        case (.requests, .hour): requestsPerHour
        case (.requests, .day): requestsPerDay
        case (.tokens, .second): nil
        case (.tokens, .minute): tokensPerMinute
        case (.tokens, .hour): tokensPerHour
        case (.tokens, .day): tokensPerDay
        }
    }

    /// The axes that carry a limit, shortest windows first. A negative number is no limit.
    var axes: [QuotaAxis] {
        QuotaWindow.allCases
            .flatMap { window in
                QuotaKind.allCases.map { QuotaAxis($0, window) }
            }
            .filter { (self[$0] ?? -1) >= 0 }
    }
}
