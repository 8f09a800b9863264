import Synchronization

/// One request as the ledger keeps it: what it cost and why it went the way it went, never what was asked or answered.
struct RequestRecord: Sendable, Equatable {
    /// When its answer was complete, in seconds since 1970.
    var at: Double
    /// Its `x-request-id`.
    var id: String
    var wire: Wire
    /// What the client got; 499 where it left first.
    var status: Int
    /// Who answered, or who was asked last.
    var provider: String?
    var model: String?
    /// The key's label.
    var key: String?
    /// The client key's name; empty where it has none.
    var client: String
    var promptTokens = 0
    var completionTokens = 0
    var latency: Duration
    /// To the first meaningful delta of a stream.
    var firstToken: Duration?
    var attempts: Int
    /// `Groq/llama-3.3-70b-versatile=429; …`; `nil` where the first attempt succeeded.
    var trail: String?
    /// As in `X-Relay-Context`; `nil` where the history was sent whole.
    var context: String?
    /// `json=1, preamble=1`; `nil` where nothing was changed.
    var changes: String?
}

/// Finished requests on their way to the store.
final class RequestLog: Sendable {
    private struct State {
        var records: [RequestRecord] = []
        /// Fell out because the store could not be written for long.
        var dropped = 0
    }

    private let state = Mutex(State())
    private static let maximumCount = 100_000

    func append(_ record: RequestRecord) {
        state.withLock { state in
            if state.records.count < Self.maximumCount { state.records.append(record) } else { state.dropped += 1 }
        }
    }

    /// All that have gathered, oldest first, and how many were lost before them.
    func drain() -> (records: [RequestRecord], dropped: Int) {
        state.withLock { state in
            defer { state = State() }
            return (state.records, state.dropped)
        }
    }

    /// Puts back what could not be written.
    func restore(_ records: [RequestRecord]) {
        state.withLock { state in
            let room = max(0, Self.maximumCount - state.records.count)
            state.dropped += max(0, records.count - room)
            state.records.insert(contentsOf: records.suffix(room), at: 0)
        }
    }
}
