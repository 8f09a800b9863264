package import NIOCore

/// A provider's own API, where it is not OpenAI's chat completions.
///
/// Inside Relay every request and every answer is a chat completion. A dialect is the edge where one is put into a
/// provider's words on the way out, and the provider's words back into one on the way in; nothing between knows of it.
/// What a chat completion has no member for is dropped, or kept for the session's next turn where the provider needs it
/// back (Gemini's thought signatures).
package protocol Dialect: Sendable {
    /// Appended to the provider's base URL, with its query: `/chat`, `/models/ID:generateContent`.
    func path(model: String, isStream: Bool) -> String

    /// The fields that authenticate a call, and those that each call carries.
    func fields(key: String?) -> [(name: String, value: String)]

    /// Where the provider is called with that key: some keys name the account that stands in the address.
    func baseURL(_ url: String, key: String?) -> String

    /// Whether the key alone says whom to call, so that nothing else need be set (`requires_env` in the catalog).
    func isEnough(key: String) -> Bool

    /// Whether requests are chat completions as they are, and only paths, fields and errors are the provider's own. Then
    /// `request` is not asked, and no byte is translated on the way out.
    var takesChat: Bool { get }

    /// The body that the provider is sent for `chat`, a well-formed chat completion request whose `model` is the
    /// provider's own id and whose `stream` says what is wanted.
    /// - Throws: `DialectFault.cannotSay` where leaving out what the dialect lacks would change what is asked.
    func request(_ chat: ByteBuffer) throws(DialectFault) -> ByteBuffer

    /// What a member of the provider's requests says of a chat completion's, by their names: `k` says `top_k`.
    func members(named theirs: String) -> [String]

    /// A whole answer as a `chat.completion`. One that is an error though its status says otherwise becomes
    /// `{"error":…}` with the provider's own words.
    func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer

    /// Reads one streamed answer.
    func stream(of call: DialectCall) -> any DialectStream

    /// How it makes embeddings; `nil` where it makes none, or Relay does not know how.
    var embeddings: (any EmbeddingsDialect)? { get }

    /// Where the provider lists its models, appended to the base URL.
    var modelsPath: String { get }

    /// Whether the provider fetches images itself that are given by their URL.
    var takesImageURLs: Bool { get }
}

extension Dialect {
    package func members(named theirs: String) -> [String] { [] }
    package var modelsPath: String { "/models" }
    package var takesImageURLs: Bool { true }
    package var takesChat: Bool { false }
    package func baseURL(_ url: String, key: String?) -> String { url }
    package func isEnough(key: String) -> Bool { false }
    package var embeddings: (any EmbeddingsDialect)? { nil }
}

/// The part of a provider's own API that makes embeddings: inside Relay they are asked for and answered as OpenAI has it.
package protocol EmbeddingsDialect: Sendable {
    /// Appended to the provider's base URL.
    func path(model: String) -> String

    /// The body that the provider is sent for `embeddings`, a well-formed embeddings request whose `model` is the provider's
    /// own id.
    /// - Throws: `DialectFault.cannotSay` where it has no word for the input: tokens, for one.
    func request(_ embeddings: ByteBuffer) throws(DialectFault) -> ByteBuffer

    /// A whole answer as OpenAI's list of embeddings, each a list of numbers.
    func answer(_ body: ByteBuffer, model: String) throws(DialectFault) -> ByteBuffer
}

/// Turns a stream in a provider's dialect into the events of a chat completion.
package protocol DialectStream {
    /// Writes what the bytes say as `data: {…chat.completion.chunk…}` events. An error in the stream becomes
    /// `data: {"error":…}` with the provider's own words.
    mutating func receive(_ bytes: ByteBuffer, into events: inout ByteBuffer) throws(DialectFault)

    /// The body has ended: what was held back, and `data: [DONE]` where the answer had come to its end.
    mutating func end(into events: inout ByteBuffer) throws(DialectFault)
}

/// What a translated answer says of itself where the provider says nothing.
package struct DialectCall: Sendable {
    /// The provider's own id.
    package let model: String
    /// Unique in this process; part of the ids that are made.
    package let tag: String
    /// Seconds since 1970.
    package let created: Int

    package init(model: String, tag: String, created: Int) {
        self.model = model
        self.tag = tag
        self.created = created
    }
}

package enum DialectFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The request holds something that this dialect has no word for: another provider is asked.
    case cannotSay(String)
    /// The answer is not what the dialect's documentation promises.
    case unreadable(String)

    package var description: String {
        switch self {
        case .cannotSay(let what): "does not take \(what)"
        case .unreadable(let what): what
        }
    }
}

extension SSEReader {
    /// The next event of a provider's stream.
    mutating func nextEvent() throws(DialectFault) -> Frame? {
        do throws(TooLong) { return try next() } catch { throw .unreadable("an event of the stream is too long") }
    }
}
