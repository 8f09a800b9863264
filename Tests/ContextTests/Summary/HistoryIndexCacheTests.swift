import Testing

@testable import Context

@Suite struct HistoryIndexCacheTests {
    private static func key(_ session: UInt64) -> HistoryIndexCache.Key {
        .init(session: .init(high: 0, low: session), usesIdentifiers: false, family: .cl100k)
    }

    private static func index(turns: Int = 60) -> HistoryIndex {
        var random = SplitMix(seed: 7)
        let messages = HistoryIndexTests.talk(&random, turns: turns)
        return HistoryIndex(messages, usesIdentifiers: false, estimator: TokenEstimator())
    }

    @Test func `an index is taken out while it is used`() {
        let cache = HistoryIndexCache()
        cache.put(Self.index(), for: Self.key(1), reused: 0)
        #expect(cache.bytes > 0)
        #expect(cache.take(Self.key(1)) != nil)
        #expect(cache.take(Self.key(1)) == nil && cache.bytes == 0)
    }

    @Test func `the least recently used goes first, and the bound holds`() {
        let index = Self.index()
        let cache = HistoryIndexCache(capacity: index.footprint * 3 + 100)
        for session in 1...3 { cache.put(index, for: Self.key(UInt64(session)), reused: 0) }
        if let first = cache.take(Self.key(1)) { cache.put(first, for: Self.key(1), reused: 60) }
        cache.put(index, for: Self.key(4), reused: 0)
        #expect(cache.bytes <= index.footprint * 3 + 100)
        #expect(cache.take(Self.key(2)) == nil)
        for session: UInt64 in [1, 3, 4] { #expect(cache.take(Self.key(session)) != nil) }
    }

    @Test func `what is larger than the whole cache is not kept, nor what is too short to gain by it`() {
        let cache = HistoryIndexCache(capacity: 1_000)
        cache.put(Self.index(), for: Self.key(1), reused: 0)
        let roomy = HistoryIndexCache()
        roomy.put(Self.index(turns: 2), for: Self.key(1), reused: 0)
        #expect(cache.bytes == 0 && roomy.bytes == 0)
    }
}
