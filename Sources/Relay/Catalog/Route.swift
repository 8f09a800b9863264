import Clients

/// One provider, one of its models and one key: what a request can be sent to.
///
/// Made once from settings and catalog and shared by every loop; what changes while Relay runs (quotas, cooldowns,
/// breakers) lives in its `account`.
final class Route: Sendable {
    /// Position in the `RouteTable`; stable while the table lives.
    let index: Int
    let provider: Provider
    let model: Model
    let key: APIKey?
    /// Quotas, cooldowns and breakers of this provider and key.
    let account: ProviderAccount
    /// Position of this route among the account's.
    let slot: Int
    /// `Provider/model`, as shown in headers and logs.
    let name: String
    /// The model's id as a JSON string.
    let modelJSON: [UInt8]
    /// What its answers have taught.
    let experience: RouteExperience
    /// What was used.
    let usage: RouteUsage
    let promptLimits: PromptLimits
    /// The provider's, and what the catalog adds for this model.
    let quirks: Quirks

    init(
        index: Int,
        provider: Provider,
        model: Model,
        key: APIKey?,
        account: ProviderAccount,
        slot: Int,
        experience: RouteExperience,
        usage: RouteUsage
    ) {
        self.index = index
        self.provider = provider
        self.model = model
        self.key = key
        self.account = account
        self.slot = slot
        self.name = "\(provider.name)/\(model.name)"
        self.modelJSON = Array(JSONText.quoted(model.name).utf8)
        self.experience = experience
        self.usage = usage
        promptLimits = PromptLimits(model, of: provider)
        quirks = provider.quirks(of: model)
    }
}

/// What of a route's limits bounds a single prompt, in tokens; `nil` is no bound.
struct PromptLimits: Sendable {
    /// The least of what the provider takes in one prompt and of the minute's tokens: a request for more would never be
    /// served.
    let prompt: Int?
    /// Prompt and answer together.
    let window: Int?
    let answer: Int?

    init(_ model: Model, of provider: Provider) {
        var prompt = model.maxInputTokens
        prompt.lower(to: model.limits.tokensPerMinute)
        prompt.lower(to: provider.accountLimits.tokensPerMinute)
        self.prompt = prompt
        window = model.maxContextLength
        answer = model.maxOutputTokens
    }
}

/// A provider's key. Its value never enters a log line, an error or a response.
struct APIKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Sent upstream, nowhere else.
    let secret: String
    /// Where it came from, as shown: `GROQ_API_KEY`, `GROQ_API_KEY_2`.
    let label: String

    var description: String { label }
    var debugDescription: String { label }
    var customMirror: Mirror { Mirror(self, children: ["label": label]) }
}
