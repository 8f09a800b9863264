@testable import Relay

/// A clock that stands wherever a test wants it.
enum QuotaClock {
    /// Wed, 15 Jan 2025 12:00:00 GMT.
    static let start = 1_736_942_400.0

    /// So many seconds after the start.
    static func at(_ seconds: Double) -> Now {
        Now(
            ticks: (Duration.seconds(100_000) + .seconds(seconds)).nanoseconds,
            wall: start + seconds
        )
    }

    /// The start as an HTTP date would name it, so many seconds later.
    static func wall(_ seconds: Double) -> Double { start + seconds }
}

extension ReserveResult {
    var reservation: Reservation? {
        if case .reserved(let reservation) = self { reservation } else { nil }
    }

    var refusal: BlockReason? {
        if case .refused(_, let reason) = self { reason } else { nil }
    }

    /// Seconds after the test clock's start.
    var refusedUntil: Double? {
        if case .refused(let until?, _) = self { QuotaClock.at(0).instant.duration(to: until).seconds } else { nil }
    }
}

extension ProviderAccount {
    /// A whole call that takes no time.
    @discardableResult
    func call(slot: Int = 0, tokens: Int = 0, used: Int? = nil, at seconds: Double) -> Bool {
        guard let reservation = reserve(slot: slot, tokens: tokens, at: QuotaClock.at(seconds)).reservation else {
            return false
        }
        headArrived(reservation, at: QuotaClock.at(seconds))
        settle(reservation, usedTokens: used, at: QuotaClock.at(seconds))
        return true
    }

    func refusal(slot: Int = 0, tokens: Int = 0, at seconds: Double) -> BlockReason? {
        if case .blocked(_, let reason) = availability(slot: slot, tokens: tokens, at: QuotaClock.at(seconds)) {
            reason
        } else {
            nil
        }
    }

    /// Seconds after the test clock's start.
    func blockedUntil(slot: Int = 0, tokens: Int = 0, at seconds: Double) -> Double? {
        availability(slot: slot, tokens: tokens, at: QuotaClock.at(seconds)).blockedUntil
            .map { QuotaClock.at(0).instant.duration(to: $0).seconds }
    }
}
