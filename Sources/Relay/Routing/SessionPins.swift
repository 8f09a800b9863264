import Synchronization

/// A session and what it asked for, as 128 bits: long ids cost no memory, and nothing of them is kept.
struct PinKey: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    /// `question` is the model and the filters as they were asked.
    init(session: String, question: String = "") {
        var digest = PinDigest()
        digest.add(session)
        digest.add(question)
        self.init(digest)
    }

    init(session: String, model: String, filters: RouteFilters) {
        var digest = PinDigest()
        digest.add(session)
        self.init(session: digest, model: model, filters: filters)
    }

    /// Names of models and filters count in any case.
    init(session: PinDigest, model: String, filters: RouteFilters) {
        var digest = session
        digest.add(Self.isLowercase(model) ? model : model.lowercased())
        if !filters.isEmpty {
            for filter in [filters.type, filters.scale, filters.name] { digest.add(filter?.lowercased() ?? "") }
        }
        self.init(digest)
    }

    /// As it was written down.
    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private init(_ digest: PinDigest) {
        high = digest.one
        low = digest.other
    }

    /// Most names are; to write one anew costs more than to look.
    private static func isLowercase(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 < 0x80 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    fileprivate var shard: Int { Int(truncatingIfNeeded: low >> 60) }
}

/// 128 bits over texts and their lengths, sixteen bytes at a time: it tells sessions apart and guards nothing.
struct PinDigest: Sendable {
    fileprivate var one: UInt64 = 0xCBF2_9CE4_8422_2325
    fileprivate var other: UInt64 = 0x9AE1_6A3B_2F90_404F

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        mix(UInt64(bytes.count))
        guard bytes.count >= 16 else { return mixShort(bytes) }
        // The last sixteen may have been there before, in part.
        let last = bytes.count - 16
        for at in stride(from: 0, to: last, by: 16) { mix(bytes, at) }
        mix(bytes, last)
    }

    /// In two words, that of the last bytes over some of the first.
    private mutating func mixShort(_ bytes: UnsafeRawBufferPointer) {
        func word<Word: FixedWidthInteger & UnsignedInteger>(_ at: Int, _ type: Word.Type) -> UInt64 {
            UInt64(bytes.loadUnaligned(fromByteOffset: at, as: type))
        }
        switch bytes.count {
        case 0: break
        case 8...: mix(word(0, UInt64.self), word(bytes.count - 8, UInt64.self))
        case 4...: mix(word(0, UInt32.self), word(bytes.count - 4, UInt32.self))
        case 2...: mix(word(0, UInt16.self), word(bytes.count - 2, UInt16.self))
        default: mix(UInt64(bytes[0]))
        }
    }

    private mutating func mix(_ bytes: UnsafeRawBufferPointer, _ at: Int) {
        let word = bytes.loadUnaligned(fromByteOffset: at, as: SIMD2<UInt64>.self)
        mix(word[0], word[1])
    }

    private mutating func mix(_ value: UInt64) { mix(value, value &+ 1) }

    /// What either half takes in reaches the other with the next.
    private mutating func mix(_ first: UInt64, _ second: UInt64) {
        one = (one ^ first ^ other >> 32) &* 0x9FB2_1C65_1E98_DF25
        other = (other &+ second ^ one >> 29) &* 0xFF51_AFD7_ED55_8CCD
    }
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
    /// Of the table whose routes are meant.
    private let version = Atomic<Int>(0)
    let timeToLive: Duration
    let maximum: Int

    /// At most `maximum` pins are kept. A shard holds its share of them, so only large maps are split: in a small one a
    /// shard would be full long before the whole is.
    init(timeToLive: Duration, maximum: Int) {
        let count = maximum >= 4096 ? 16 : 1
        self.shards = (0..<count).map { _ in Shard(capacity: max(0, maximum) / count) }
        self.lifetime = timeToLive.nanoseconds
        self.timeToLive = timeToLive
        self.maximum = max(0, maximum)
    }

    /// The route a session is pinned to; asking counts as use.
    func route(for key: PinKey, at now: Now) -> Int? {
        let ticks = now.ticks
        return shard(of: key).pins.withLock { $0.find(key, at: ticks, lifetime: lifetime) }
    }

    /// The same without counting as use.
    func peek(_ key: PinKey, at now: Now) -> Int? {
        shard(of: key).pins.withLock { $0.peek(key, at: now.ticks, lifetime: lifetime) }
    }

    /// `version` is that of the table in which the route has this number: a call that ends after its table was replaced pins
    /// nothing.
    func pin(_ key: PinKey, to route: Int, of version: Int = 0, at now: Now) {
        let ticks = now.ticks
        shard(of: key).pins
            .withLock { pins in
                // Within the lock: what is inserted before the shard is remapped is remapped with it.
                guard version == self.version.load(ordering: .relaxed) else { return }
                pins.insert(key, route: route, at: ticks)
            }
    }

    /// A pin as the store keeps it.
    struct Used: Sendable, Equatable {
        var key: PinKey
        var route: Int
        /// In ticks of `Now`.
        var usedAt: Int64
    }

    /// Those that were used after `ticks`.
    func used(since ticks: Int64) -> [Used] {
        shards.flatMap { shard in shard.pins.withLock { $0.used(since: ticks) } }
    }

    /// Takes over a pin from before a restart.
    func restore(_ key: PinKey, to route: Int, usedAt ticks: Int64) {
        shard(of: key).pins.withLock { $0.insert(key, route: route, at: ticks) }
    }

    func unpin(_ key: PinKey) {
        shard(of: key).pins.withLock { $0.remove(key) }
    }

    /// Moves all pins to the routes of a new table; those for which `route` gives `nil` are dropped.
    func remap(to version: Int, _ route: (Int) -> Int?) {
        self.version.store(version, ordering: .relaxed)
        for shard in shards { shard.pins.withLock { $0.remap(route) } }
    }

    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.pins.withLock { $0.count } }
    }

    private func shard(of key: PinKey) -> Shard {
        shards[key.shard % shards.count]
    }
}
