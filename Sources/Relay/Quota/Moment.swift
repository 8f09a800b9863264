/// A `Now` as the quota logic counts it: whole nanoseconds for everything that is waited for, seconds since 1970 for
/// days. Comparing two words instead of two 128-bit instants keeps a reservation cheap.
struct Moment: Sendable {
    /// Nanoseconds on the continuous clock, counted from the system's epoch.
    let ticks: Int64
    /// Seconds since 1970.
    let wall: Double

    init(_ now: Now) {
        self.ticks = Self.ticks(of: now.continuous)
        self.wall = now.wall
    }

    static func ticks(of instant: ContinuousClock.Instant) -> Int64 {
        epoch.duration(to: instant).nanoseconds
    }

    /// The instant at `ticks`; `nil` for `unknown`.
    static func instant(at ticks: Int64) -> ContinuousClock.Instant? {
        ticks == unknown ? nil : epoch.advanced(by: .nanoseconds(ticks))
    }

    /// Stands for a time that cannot be told: a call under way has to end first.
    static let unknown = Int64.max
    /// Stands for a time before all others.
    static let never = Int64.min

    private static let epoch = ContinuousClock().systemEpoch
}

extension Duration {
    /// Whole nanoseconds; what does not fit (292 years) becomes the nearest that does.
    var nanoseconds: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000)
    }

    /// From seconds that may come from anywhere: not a number is zero, and 100 years are the most.
    init(clampingSeconds seconds: Double) {
        let limit = 100.0 * 365 * 86_400
        self = seconds.isNaN ? .zero : .nanoseconds(Int64(min(max(seconds, -limit), limit) * 1e9))
    }
}
