import FoundationEssentials

/// The time of an event, read once and handed to everything that decides on it.
struct Now: Sendable {
    /// Never jumps: what waits, cooldowns and windows are measured with.
    let continuous: ContinuousClock.Instant
    /// Seconds since 1970, for day windows, dates in headers and the ledger.
    let wall: Double

    init(continuous: ContinuousClock.Instant, wall: Double) {
        self.continuous = continuous
        self.wall = wall
    }

    static func read() -> Now {
        Now(continuous: .now, wall: Date().timeIntervalSince1970)
    }

    func advanced(by duration: Duration) -> Now {
        Now(continuous: continuous.advanced(by: duration), wall: wall + duration.seconds)
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    var milliseconds: Double { seconds * 1000 }
}
