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
///
/// So many of them stand there singly as one writing makes rows of; the others are summed up at once, so that neither a load
/// test nor a disk that cannot be written fills the memory, and no sum is ever short.
final class RequestLog: Sendable {
    /// What one writing takes along.
    struct Batch: Sendable {
        /// Oldest first.
        fileprivate(set) var records: [RequestRecord] = []
        /// Of all requests, those of `records` among them.
        fileprivate(set) var sums: [UsageSum.Slot: UsageSum] = [:]

        var isEmpty: Bool { sums.isEmpty && records.isEmpty }

        fileprivate var hasRoom: Bool { records.count < RequestLog.maxRecords }
    }

    /// The most rows of one writing. People and their agents ask a few times a second; under a load test the sums are
    /// enough, and rows would cost a third as much as the requests themselves.
    static let maxRecords = 1000

    private let state = Mutex(Batch())
    private let events: EventHub

    init(_ events: EventHub) { self.events = events }

    /// Sums up a request.
    /// - Returns: whether its record is wanted, too, for a row or for who listens.
    func count(_ use: UsageSum, in slot: UsageSum.Slot) -> Bool {
        let hasRoom = state.withLock { state in
            state.sums[slot, default: UsageSum()] += use
            return state.hasRoom
        }
        return hasRoom || events.hasListeners
    }

    func append(_ record: RequestRecord) {
        events.publish("request", JSONWriter.minified(.object(record.jsonMembers)))
        state.withLock { state in
            if state.hasRoom { state.records.append(record) }
        }
    }

    /// All that have gathered.
    func drain() -> Batch {
        state.withLock { state in
            defer { state = Batch() }
            return state
        }
    }

    /// Puts back what could not be written.
    func restore(_ batch: Batch) {
        state.withLock { state in
            let newer = state
            state = batch
            state.records += newer.records.prefix(max(0, Self.maxRecords - state.records.count))
            for (slot, sum) in newer.sums { state.sums[slot, default: UsageSum()] += sum }
        }
    }
}
