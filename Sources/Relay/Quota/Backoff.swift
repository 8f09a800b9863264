/// A pause that doubles each time it turns out to have been too short.
struct Backoff: Sendable {
    private let base: Int64
    private let maximum: Int64
    private var steps = 0
    /// In ticks of `Now`; `Now.never` while there is no pause.
    private(set) var until = Now.never
    private var struckAt = Now.never

    init(base: Duration, maximum: Duration) {
        self.base = base.nanoseconds
        self.maximum = maximum.nanoseconds
    }

    func isPausing(at ticks: Int64) -> Bool { ticks < until }

    /// Whether a pause was imposed and no success has been seen since.
    var isUnproven: Bool { struckAt != Now.never }

    /// Pauses, twice as long as the last time. Calls sent before the pause began all learn of the same one, so only
    /// the first of them counts.
    mutating func strike(sentAt: Int64?, at ticks: Int64) {
        if let sentAt { if sentAt < struckAt { return } } else if isPausing(at: ticks) { return }
        var pause = base
        for _ in 0..<min(steps, 40) where pause < maximum { pause *= 2 }
        steps += 1
        hold(until: ticks + min(pause, maximum), at: ticks)
    }

    /// Pauses for as long as was asked for.
    mutating func hold(until time: Int64, at ticks: Int64) {
        until = max(until, time)
        struckAt = ticks
    }

    /// A call that was sent after the pause began has succeeded: the next pause is short again.
    mutating func recover(sentAt: Int64?) {
        if let sentAt, sentAt < struckAt { return }
        steps = 0
        struckAt = Now.never
    }

    /// As `recover`, and the pause is over.
    mutating func lift(sentAt: Int64) {
        guard sentAt >= struckAt else { return }
        clear()
    }

    // MARK: Across a restart

    struct Memory: Codable, Sendable, Equatable {
        var until: Double?
        var struckAt: Double?
        var steps: Int
    }

    /// `nil` when there is nothing to remember.
    func memory(_ times: WallTimes) -> Memory? {
        guard steps > 0 || isUnproven else { return nil }
        return Memory(until: times.wall(until), struckAt: times.wall(struckAt), steps: steps)
    }

    mutating func restore(_ memory: Memory?, _ times: WallTimes) {
        guard let memory else { return }
        until = times.ticks(memory.until)
        struckAt = memory.struckAt.map(times.pastTicks) ?? Now.never
        steps = max(0, memory.steps)
    }

    /// Forgets everything.
    mutating func clear() {
        steps = 0
        until = Now.never
        struckAt = Now.never
    }
}
