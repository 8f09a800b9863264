/// Turns ticks into times that still mean something after a restart, and back.
///
/// Ticks count from the machine's start, so what is written down is seconds since 1970. `nil` stands for `Now.never`
/// and a negative number for `Now.unknown`.
struct WallTimes: Sendable {
    let now: Now

    init(at now: Now) { self.now = now }

    func wall(_ ticks: Int64) -> Double? {
        switch ticks {
        case Now.never: nil
        case Now.unknown: -1
        default: now.wall + Double(ticks - now.ticks) / 1e9
        }
    }

    func ticks(_ wall: Double?) -> Int64 {
        guard let wall else { return Now.never }
        guard wall >= 0 else { return Now.unknown }
        return now.ticks + Duration(clampingSeconds: wall - now.wall).nanoseconds
    }

    /// Of something that has happened: never later than now, even where the clock was set back in between.
    func pastTicks(_ wall: Double) -> Int64 { min(ticks(max(0, wall)), now.ticks) }
}
