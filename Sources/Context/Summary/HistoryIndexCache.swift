import Synchronization

/// The indexes of recent histories, kept between requests so that a longer history is read from where it grew.
///
/// One for all sessions, bounded in bytes; the least recently used goes first. What it holds never changes a plan: an
/// index compares itself with the history it is given, byte for byte, and forgets what differs.
package final class HistoryIndexCache: Sendable {
    /// Whose history it is, as 128 bits that the caller makes of it.
    package struct Session: Hashable, Sendable {
        let high: UInt64
        let low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    /// Indexes differ by what became a term and by whose tokens were counted.
    struct Key: Hashable {
        var session: Session
        var usesIdentifiers: Bool
        var family: TokenizerFamily
    }

    /// What reuse has saved so far.
    package struct Counts: Sendable, Equatable {
        /// Messages that were known already.
        package var reused = 0
        /// Messages that were read.
        package var read = 0
    }

    private struct Entry {
        var index: HistoryIndex
        var bytes: Int
        var usedAt: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var uses = 0
        var counts = Counts()
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: bytes.
    package init(capacity: Int = 32 << 20) { self.capacity = capacity }

    /// Bytes held.
    package var bytes: Int { state.withLock { $0.bytes } }
    package var counts: Counts { state.withLock { $0.counts } }

    /// Takes an index out, so that it is extended in place; while it is out the session has none.
    func take(_ key: Key) -> HistoryIndex? {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: key) else { return nil }
            state.bytes -= entry.bytes
            return entry.index
        }
    }

    /// - Parameter reused: messages of it that had not to be read.
    func put(_ index: HistoryIndex, for key: Key, reused: Int) {
        let bytes = index.footprint
        state.withLock { state in
            state.counts.reused += reused
            state.counts.read += index.passagesOfMessage.count - reused
            guard index.isReusable, bytes <= capacity else { return }
            state.uses += 1
            let entry = Entry(index: index, bytes: bytes, usedAt: state.uses)
            state.bytes += bytes - (state.entries.updateValue(entry, forKey: key)?.bytes ?? 0)
            while state.bytes > capacity, let oldest = state.entries.min(by: { $0.value.usedAt < $1.value.usedAt }) {
                state.entries.removeValue(forKey: oldest.key)
                state.bytes -= oldest.value.bytes
            }
        }
    }
}
