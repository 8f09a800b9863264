extension SimulatedProvider {
    /// How a provider answers, as data. What is not set here is what a well-behaved OpenAI-compatible provider does.
    struct Behavior: Sendable {
        /// The API that it speaks.
        var dialect: any SimulatedDialect = SimulatedOpenAI()
        /// Ids it knows; any other is 404. Empty: it serves whatever is asked.
        var models: [String] = []
        var answer: Answer = .text("Paris is the capital of France.")
        /// What its models that do not chat make.
        var media = Media()
        /// What is said when JSON is asked for; without it a value is made up from the schema.
        var jsonAnswer: String?
        var reasoning: String?
        var decoration = Decoration()
        var tools: ToolUse = .firstOffered
        /// Overridden by `tool_calls` and, where `max_tokens` cuts the answer, by `length`.
        var finishReason: String? = "stop"
        /// Fixed numbers instead of four characters a token.
        var usage: Usage?

        /// Tokens of prompt and answer together; above it 400 `context_length_exceeded`.
        var window: Int?
        /// The largest `max_tokens` it takes; above it 400.
        var maxOutputTokens: Int?
        var takesImages = true
        var takesTools = true
        /// Whether a key is needed at all.
        var keyless = false
        /// Keys it knows; empty: every key is good.
        var keys: Set<String> = []
        /// Its list of models needs no key.
        var listsToAnybody = false
        /// What is answered instead of the list.
        var listRefusal: (status: Int, body: String)?
        /// Refuses top-level parameters and message members that are not in the OpenAI API.
        var isStrict = false
        /// Whose words its errors are in.
        var errors: ErrorStyle = .openai
        var rateLimit: RateLimit?

        var latency = Latency()
        var streaming = Streaming()
        var delivery = Delivery()
        /// Happens to every call that no one-shot fault of the queue was meant for.
        var always: Fault?
        /// As `always`, but for streams alone.
        var alwaysOnStreams: Fault?
        /// Shares of the calls (0…1) that go wrong, decided by dice; the same seed throws the same.
        var mix: [Share] = []

        func with(_ change: (inout Behavior) -> Void) -> Behavior {
            var copy = self
            change(&copy)
            return copy
        }
    }

    /// What the model says.
    enum Answer: Sendable, ExpressibleByStringLiteral {
        case text(String)
        /// Streamed in exactly these pieces.
        case pieces([String])
        /// Made from the call.
        case computed(@Sendable (SimulatedCall) -> String)

        init(stringLiteral value: String) { self = .text(value) }
    }

    /// What models add to an answer that was not asked for.
    struct Decoration: Sendable {
        /// `Certainly! Here is …`, with the blank line that follows it.
        var preamble = ""
        /// Puts JSON that was asked for into a fenced block.
        var fencesJSON = false
        /// Said after JSON that was asked for.
        var postamble = ""
        /// Said in `<think>` tags before the answer.
        var think: String?
    }

    enum ToolUse: Sendable {
        case never
        /// Calls the first tool with made-up arguments, unless the last message is a tool's result.
        case firstOffered
        /// As `firstOffered`, but every tool, in parallel.
        case allOffered
        /// Says the call as text, as models do that were never taught.
        case writtenAsText
    }

    struct Usage: Sendable, Equatable {
        var promptTokens: Int
        var completionTokens: Int
    }

    struct Latency: Sendable {
        var beforeHead: Pause = .none
        var beforeFirstChunk: Pause = .none
        var betweenChunks: Pause = .none
    }

    /// A wait, or a range that a wait is drawn from.
    struct Pause: Sendable {
        var least: Duration
        var most: Duration

        static let none = Pause(least: .zero, most: .zero)
        static func exactly(_ duration: Duration) -> Pause { Pause(least: duration, most: duration) }
        static func between(_ least: Duration, _ most: Duration) -> Pause { Pause(least: least, most: most) }

        func draw() -> Duration { least < most ? least + (most - least) * Double.random(in: 0...1) : least }
    }

    struct Share: Sendable {
        var share: Double
        var fault: Fault
    }
}
