import FoundationEssentials

/// The time of an event, read once and handed to everything that decides on it.
struct Now: Sendable {
    /// Nanoseconds on the continuous clock, counted from the system's epoch. It never jumps: what waits, cooldowns and
    /// windows are measured with. A whole number, since taking the clock's instants apart costs a 128-bit division.
    let ticks: Int64
    /// Seconds since 1970, for day windows, dates in headers and the ledger.
    let wall: Double

    init(ticks: Int64, wall: Double) {
        self.ticks = ticks
        self.wall = wall
    }

    static func read() -> Now {
        Now(ticks: Instant.now.ticks, wall: Date().timeIntervalSince1970)
    }

    /// The time that it is by now, for a call that this one is known of: only the continuous clock is read.
    func reread() -> Now {
        let ticks = Instant.now.ticks
        return Now(ticks: ticks, wall: wall + Double(ticks - self.ticks) / 1e9)
    }

    var instant: Instant { Instant(ticks: ticks) }

    func advanced(by duration: Duration) -> Now {
        Now(ticks: ticks + duration.nanoseconds, wall: wall + duration.seconds)
    }

    func duration(to later: Now) -> Duration { .nanoseconds(later.ticks - ticks) }

    // MARK: Ticks

    /// Stands for a time that cannot be told: a call under way has to end first.
    static let unknown = Int64.max
    /// Stands for a time before all others.
    static let never = Int64.min

    /// The instant at `ticks`; `nil` for `unknown`.
    static func instant(at ticks: Int64) -> Instant? {
        ticks == unknown ? nil : Instant(ticks: ticks)
    }
}

/// A point on the clock of `Now`: an instant of `ContinuousClock` as a whole number. How the clock's own lie in memory is known
/// only when the program runs, so that whatever holds one, an exchange to begin with, is copied and let go of member by member
/// through tables.
struct Instant: InstantProtocol, Sendable {
    let ticks: Int64

    static var now: Instant { Instant(ticks: epoch.duration(to: .now).nanoseconds) }

    private static let epoch = ContinuousClock().systemEpoch

    /// What cannot be counted any more is the last instant there is.
    func advanced(by duration: Duration) -> Instant {
        let (sum, overflows) = ticks.addingReportingOverflow(duration.nanoseconds)
        return Instant(ticks: overflows ? (duration < .zero ? .min : .max) : sum)
    }

    func duration(to later: Instant) -> Duration {
        let (difference, overflows) = later.ticks.subtractingReportingOverflow(ticks)
        return .nanoseconds(overflows ? (later < self ? .min : .max) : difference)
    }

    static func < (one: Instant, other: Instant) -> Bool { one.ticks < other.ticks }
}

extension Duration {
    /// To the nanosecond.
    var seconds: Double { Double(nanoseconds) / 1e9 }

    var milliseconds: Double { seconds * 1000 }

    /// Whole nanoseconds; what does not fit (292 years) becomes the nearest that does. Not by way of `components`, which
    /// divides, multiplies and takes four times as long; and what is under nine seconds is divided as a word.
    var nanoseconds: Int64 {
        let attoseconds = attoseconds
        if let word = Int64(exactly: attoseconds) { return word / 1_000_000_000 }
        return Int64(clamping: attoseconds / 1_000_000_000)
    }

    /// From seconds that may come from anywhere: not a number is zero, and 100 years are the most.
    init(clampingSeconds seconds: Double) {
        let limit = 100.0 * 365 * 86_400
        self = seconds.isNaN ? .zero : .nanoseconds(Int64(min(max(seconds, -limit), limit) * 1e9))
    }
}
