@testable import Relay

/// A client of one of the APIs that Relay serves: how it asks, and how it understands what comes back.
///
/// Written from the APIs' documentation, apart from what `Wire` has, so that one checks the other.
protocol WireClient: Sendable {
    /// As it stands in the table.
    var name: String { get }
    var path: String { get }
    var headers: [(name: String, value: String)] { get }
    /// What the API has a word for.
    var features: Set<CrossFeature> { get }
    /// How it calls the reasons for which an answer ends.
    var stops: WireStops { get }

    /// The body that asks so.
    func body(_ ask: WireAsk) -> String

    /// What a whole answer or a whole stream says.
    func read(_ response: RawResponse) -> WireAnswer
}

extension WireClient {
    var headers: [(name: String, value: String)] { [] }
}

/// What is looked at in each pair of an API and a dialect.
enum CrossFeature: String, Sendable, CaseIterable {
    case text, stream, tools
    case results = "tool results"
    case image
    case json = "JSON"
    case length = "stop by length"
    case error = "errors"
}

struct WireStops: Sendable {
    var text: String
    var tools: String
    var length: String
}

/// A question, in no API's words.
struct WireAsk: Sendable {
    /// A tool's result, on its way back to the model.
    struct Turn: Sendable {
        var call: WireAnswer.ToolCall
        var result: String
    }

    var model: String
    var system: String?
    var question = "Where is \"Paris\"? 🙂"
    var isStream = false
    /// Base64 of a PNG.
    var image: String?
    /// Offers one tool.
    var offersTool = false
    /// The model's call of it, and what came of it.
    var turn: Turn?
    /// A JSON schema that the answer must keep.
    var schema: String?
    var maxTokens: Int?

    static let toolName = "weather"
    static let toolParameters =
        #"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"#

    var questionJSON: String { SimulatedJSON.quoted(question) }
    var modelJSON: String { SimulatedJSON.quoted(model) }
}

/// What a client takes from an answer.
struct WireAnswer: Sendable {
    struct ToolCall: Sendable, Equatable {
        var id: String
        var name: String
        var arguments: String
    }

    struct Fault: Sendable, Equatable {
        var message: String
        /// Whether it is in the API's own envelope, with all that belongs to it.
        var isWellFormed: Bool
    }

    var status: Int
    var text = ""
    /// Of a stream: how many pieces the text came in.
    var pieces = 0
    var calls: [ToolCall] = []
    var stop: String?
    /// Whether it came to its end as the API ends its answers.
    var isComplete = false
    var fault: Fault?

    init(status: Int) { self.status = status }
}
