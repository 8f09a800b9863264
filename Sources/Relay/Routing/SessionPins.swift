import Synchronization

/// A session and what it asked for, as 128 bits: long ids cost no memory, and nothing of them is kept.
struct PinKey: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// `question` is the model and the filters as they were asked.
    init(session: some StringProtocol, question: some StringProtocol = "") {
        var one: UInt64 = 0xCBF2_9CE4_8422_2325
        var other: UInt64 = 0x9AE1_6A3B_2F90_404F
        func add(_ byte: UInt8) {
            one = (one ^ UInt64(byte)) &* 0x100_0000_01B3
            other = (other &+ UInt64(byte) &+ 1) &* 0x9E37_79B9_7F4A_7C15
            other ^= other >> 29
        }
        for byte in session.utf8 { add(byte) }
        add(0xFF)
        for byte in question.utf8 { add(byte) }
        self.high = one
        self.low = other
    }

    init(session: some StringProtocol, model: some StringProtocol, filters: RouteFilters) {
        let parts = [filters.type, filters.scale, filters.name].map { $0?.lowercased() ?? "" }
        self.init(session: session, question: ([model.lowercased()] + parts).joined(separator: "\u{1}"))
    }

    fileprivate var shard: Int { Int(truncatingIfNeeded: low >> 60) }
}

/// Which route serves which session, for a while after it was last used; the least recently used go first when there
/// are too many. One map, in shards where it is large.
final class SessionPins: Sendable {
    /// A Mutex cannot stand in an array itself.
    private final class Shard: Sendable {
        let pins: Mutex<PinMap>
        init(capacity: Int) { pins = Mutex(PinMap(capacity: capacity)) }
    }

    private let shards: [Shard]
    private let lifetime: Int64

    /// At most `maximum` pins are kept. A shard holds its share of them, so only large maps are split: in a small one a
    /// shard would be full long before the whole is.
    init(timeToLive: Duration, maximum: Int) {
        let count = maximum >= 4096 ? 16 : 1
        self.shards = (0..<count).map { _ in Shard(capacity: max(0, maximum) / count) }
        self.lifetime = timeToLive.nanoseconds
    }

    /// The route a session is pinned to; asking counts as use.
    func route(for key: PinKey, at now: Now) -> Int? {
        let ticks = Moment(now).ticks
        return shard(of: key).pins.withLock { $0.find(key, at: ticks, lifetime: lifetime) }
    }

    func pin(_ key: PinKey, to route: Int, at now: Now) {
        let ticks = Moment(now).ticks
        shard(of: key).pins.withLock { $0.insert(key, route: route, at: ticks) }
    }

    func unpin(_ key: PinKey) {
        shard(of: key).pins.withLock { $0.remove(key) }
    }

    /// Moves all pins to the routes of a new table; those for which `route` gives `nil` are dropped.
    func remap(_ route: (Int) -> Int?) {
        for shard in shards { shard.pins.withLock { $0.remap(route) } }
    }

    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.pins.withLock { $0.count } }
    }

    private func shard(of key: PinKey) -> Shard {
        shards[key.shard % shards.count]
    }
}
