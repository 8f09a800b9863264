import FoundationEssentials

/// The time of an event, read once and handed to everything that decides on it.
struct Now: Sendable {
    /// Nanoseconds on the continuous clock, counted from the system's epoch. It never jumps: what waits, cooldowns and
    /// windows are measured with. A whole number, since an `Instant` costs a 128-bit division to take apart.
    let ticks: Int64
    /// Seconds since 1970, for day windows, dates in headers and the ledger.
    let wall: Double

    init(ticks: Int64, wall: Double) {
        self.ticks = ticks
        self.wall = wall
    }

    init(continuous: ContinuousClock.Instant, wall: Double) {
        self.init(ticks: Self.ticks(of: continuous), wall: wall)
    }

    static func read() -> Now {
        Now(continuous: .now, wall: Date().timeIntervalSince1970)
    }

    /// The same as an instant of `ContinuousClock`.
    var continuous: ContinuousClock.Instant { Self.epoch.advanced(by: .nanoseconds(ticks)) }

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
    static func instant(at ticks: Int64) -> ContinuousClock.Instant? {
        ticks == unknown ? nil : epoch.advanced(by: .nanoseconds(ticks))
    }

    static func ticks(of instant: ContinuousClock.Instant) -> Int64 {
        epoch.duration(to: instant).nanoseconds
    }

    private static let epoch = ContinuousClock().systemEpoch
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    var milliseconds: Double { seconds * 1000 }

    /// Whole nanoseconds; what does not fit (292 years) becomes the nearest that does. In 64 bits: dividing 128 costs as
    /// much as a reservation.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, passes) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows || passes ? (seconds < 0 ? .min : .max) : sum
    }

    /// From seconds that may come from anywhere: not a number is zero, and 100 years are the most.
    init(clampingSeconds seconds: Double) {
        let limit = 100.0 * 365 * 86_400
        self = seconds.isNaN ? .zero : .nanoseconds(Int64(min(max(seconds, -limit), limit) * 1e9))
    }
}
