import Synchronization

/// What the next turn of a conversation needs of this one: signatures of tool calls, and the names of tools that had to
/// be changed.
final class GeminiMemory: Sendable {
    private let state = Mutex(ThoughtSignatures())
    private let names = Mutex<[String: String]>([:])

    /// Names that had to be changed are few; beyond this many something else is wrong.
    private static let maxNames = 1_000

    func remember(_ signature: String, for id: String, at now: ContinuousClock.Instant = .now) {
        state.withLock { $0.remember(signature, for: id, at: now) }
    }

    func signature(for id: String, at now: ContinuousClock.Instant = .now) -> String? {
        state.withLock { $0.signature(for: id, at: now) }
    }

    func remember(name: String, as written: String) {
        names.withLock { names in
            if names.count < Self.maxNames || names[written] != nil { names[written] = name }
        }
    }

    /// The client's name of a tool; `nil` where it was not changed.
    func name(for written: String) -> String? { names.withLock { $0.isEmpty ? nil : $0[written] } }
}

/// Thought signatures by the id of the tool call that they came with; the oldest go first.
struct ThoughtSignatures: Sendable {
    static let timeToLive = Duration.seconds(30 * 60)
    static let maximum = 5_000
    /// A signature is some hundred bytes to a few thousand; what is longer is not kept.
    static let maxBytes = 256 * 1024
    /// Of all of them, with their ids.
    static let maxTotalBytes = 64 * 1024 * 1024

    private struct Entry {
        var signature: String
        var until: ContinuousClock.Instant
    }

    private var entries: [String: Entry] = [:]
    /// Ids in the order they were remembered, `first` the oldest that is still kept.
    private var order: [String] = []
    private var first = 0
    private(set) var bytes = 0

    var count: Int { entries.count }

    mutating func remember(_ signature: String, for id: String, at now: ContinuousClock.Instant) {
        let size = Self.size(signature, id)
        guard size <= Self.maxBytes else { return }
        bytes += size
        if let old = entries.updateValue(Entry(signature: signature, until: now + Self.timeToLive), forKey: id) {
            bytes -= Self.size(old.signature, id)
        } else {
            order.append(id)
        }
        forgetOld(at: now)
    }

    private static func size(_ signature: String, _ id: String) -> Int { signature.utf8.count + id.utf8.count }

    func signature(for id: String, at now: ContinuousClock.Instant) -> String? {
        entries[id].flatMap { $0.until > now ? $0.signature : nil }
    }

    private mutating func forgetOld(at now: ContinuousClock.Instant) {
        while first < order.count {
            let entry = entries[order[first]]
            let isFull = entries.count > Self.maximum || bytes > Self.maxTotalBytes
            guard isFull || entry.map({ $0.until <= now }) ?? true else { break }
            if let entry { bytes -= Self.size(entry.signature, order[first]) }
            entries[order[first]] = nil
            first += 1
        }
        guard first > Self.maximum else { return }
        order.removeFirst(first)
        first = 0
    }
}
