import Clients
import NIOCore
import Synchronization

/// Responses that clients may come back to (`store`, which is true unless a request says otherwise), each visible to the
/// client whose key made it.
///
/// In memory and bounded: at most 1,000 responses and 64 MB, the least recently used go first; each is forgotten 24 hours
/// after it was last used. A response that another one continues is used with it. Where there is a store on disk, it is
/// told what came and went (`takeChanges`).
final class ResponseStore: Sendable {
    /// One response and what it was made of.
    struct Kept: Sendable {
        let id: String
        /// The response object as it was given.
        let response: ByteBuffer
        /// Where in it the array of `output` is.
        let output: Range<Int>
        /// The input items of this request alone, an array.
        let input: ByteBuffer
        let previous: String?

        /// As much memory as it holds, not only as it fills.
        var bytes: Int { response.storageCapacity + input.storageCapacity + 512 }
    }

    static let maxCount = 1000
    static let maxBytes = 64 * 1024 * 1024
    static let lifetime = Duration.seconds(24 * 3600)

    struct Key: Hashable, Sendable {
        let client: String
        let id: String
    }

    /// What is different from when it was last asked; `nil` for one that is gone.
    typealias Changes = [Key: Kept?]

    fileprivate struct Entry {
        let kept: Kept
        var usedAt: Instant
        /// Tells the newest of an entry's uses from the older ones.
        var use: UInt64
    }

    fileprivate struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        /// Every use, in order; only the newest of each entry still counts.
        var uses: [(key: Key, use: UInt64)] = []
        /// Where the uses begin that may still count.
        var firstUse = 0
        var lastUse: UInt64 = 0
        /// `nil` while nobody wants to know.
        var changes: Changes?
    }

    private let state = Mutex(State())
    private let maxCount: Int
    let maxBytes: Int

    init(maxCount: Int = maxCount, maxBytes: Int = maxBytes) {
        self.maxCount = maxCount
        self.maxBytes = maxBytes
    }

    /// One that is larger than the whole store is not kept.
    func keep(_ kept: Kept, of client: String, at now: Instant) {
        guard kept.bytes <= maxBytes else { return }
        let key = Key(client: client, id: kept.id)
        state.withLock { state in
            state.remove(key)
            state.entries[key] = Entry(kept: kept, usedAt: now, use: 0)
            state.bytes += kept.bytes
            state.changes?[key] = .some(kept)
            state.touch(key, at: now)
            state.makeRoom(count: maxCount, bytes: maxBytes, at: now)
        }
    }

    func response(_ id: String, of client: String, at now: Instant) -> Kept? {
        state.withLock { $0.find(Key(client: client, id: id), at: now) }
    }

    /// A response and those it continues, the oldest first; `nil` where one of them is not there any more.
    func chain(endingWith id: String, of client: String, at now: Instant) -> [Kept]? {
        state.withLock { state in
            var chain: [Kept] = []
            var next: String? = id
            while let id = next {
                // No chain is longer than the store, unless it bites its tail.
                guard chain.count <= state.entries.count, let kept = state.find(Key(client: client, id: id), at: now)
                else { return nil }
                chain.append(kept)
                next = kept.previous
            }
            return chain.reversed()
        }
    }

    /// `false` where there is none.
    func remove(_ id: String, of client: String) -> Bool {
        state.withLock { $0.remove(Key(client: client, id: id)) }
    }

    /// What came and went since this was last asked; the first time nothing, and from then on all of it.
    func takeChanges() -> Changes {
        state.withLock { state in
            defer { state.changes = [:] }
            return state.changes ?? [:]
        }
    }

    /// Puts back what could not be written; what happened meanwhile counts.
    func restore(_ changes: Changes) {
        state.withLock { $0.changes?.merge(changes) { later, _ in later } }
    }

    var count: Int { state.withLock { $0.entries.count } }
    var bytes: Int { state.withLock { $0.bytes } }
}

extension ResponseStore.State {
    fileprivate mutating func find(_ key: ResponseStore.Key, at now: Instant) -> ResponseStore.Kept? {
        guard let entry = entries[key] else { return nil }
        guard entry.usedAt.duration(to: now) < ResponseStore.lifetime else {
            remove(key)
            return nil
        }
        touch(key, at: now)
        return entry.kept
    }

    fileprivate mutating func touch(_ key: ResponseStore.Key, at now: Instant) {
        lastUse += 1
        entries[key]?.use = lastUse
        entries[key]?.usedAt = now
        uses.append((key, lastUse))
        guard uses.count > 4 * entries.count + 64 else { return }
        uses = uses[firstUse...].filter { entries[$0.key]?.use == $0.use }
        firstUse = 0
    }

    @discardableResult
    fileprivate mutating func remove(_ key: ResponseStore.Key) -> Bool {
        guard let entry = entries.removeValue(forKey: key) else { return false }
        bytes -= entry.kept.bytes
        changes?[key] = .some(nil)
        return true
    }

    fileprivate mutating func makeRoom(count: Int, bytes limit: Int, at now: Instant) {
        while firstUse < uses.count {
            let (key, use) = uses[firstUse]
            if let entry = entries[key], entry.use == use {
                let isOld = entry.usedAt.duration(to: now) >= ResponseStore.lifetime
                guard isOld || entries.count > count || bytes > limit else { return }
                remove(key)
            }
            firstUse += 1
        }
    }
}

extension ResponseStore.Kept {
    var outputItems: [ByteBuffer] {
        response.getSlice(at: response.readerIndex + output.lowerBound, length: output.count)?.jsonElements ?? []
    }

    var inputItems: [ByteBuffer] { input.jsonElements }
}

extension ByteBuffer {
    /// The elements of a JSON array, as slices; none where it is no array.
    var jsonElements: [ByteBuffer] {
        withUnsafeReadableBytes { bytes in
            guard let array = try? JSONView(document: bytes) else { return [] }
            return array.elements.compactMap {
                getSlice(at: readerIndex + $0.span.range.lowerBound, length: $0.span.range.count)
            }
        }
    }
}

/// Items of kept responses by their ids. Each response is read once, however many of its items are asked for.
struct KeptItems {
    private let store: ResponseStore
    private let client: String
    private let now: Instant
    private var read: [String: (input: [ByteBuffer], output: [ByteBuffer])] = [:]

    init(of client: String, in store: ResponseStore, at now: Instant) {
        (self.store, self.client, self.now) = (store, client, now)
    }

    /// An item, as JSON.
    mutating func item(_ id: String) -> ByteBuffer? {
        guard let (response, item) = ResponseID.parse(item: id) else { return nil }
        if read[response] == nil {
            guard let kept = store.response(response, of: client, at: now) else { return nil }
            read[response] = (kept.inputItems, kept.outputItems)
        }
        guard let items = read[response] else { return nil }
        switch item {
        case .output(let place): return items.output.indices.contains(place) ? items.output[place] : nil
        case .input(let place): return items.input.indices.contains(place) ? items.input[place] : nil
        }
    }
}

/// What is to be kept of a request once its answer is complete.
struct ResponseKeeping {
    let store: ResponseStore
    let client: String
    /// The request's own input items, an array.
    let input: ByteBuffer
}
