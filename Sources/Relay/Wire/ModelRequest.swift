import NIOCore

/// What a client asks of a model: a chat completion, or what models of other kinds do.
///
/// The chain serves both alike. What only a chat completion has (a history to fit, a style, an answer to normalise) is
/// asked of `chat`.
enum ModelRequest: Sendable {
    case chat(ChatRequest)
    case media(MediaRequest)

    var chat: ChatRequest? { if case .chat(let request) = self { request } else { nil } }

    /// `model`, as asked for.
    var model: String {
        switch self {
        case .chat(let request): request.model
        case .media(let request): request.model
        }
    }

    /// Relay's own `model_type`, `model_scale`, `model_name`.
    var filters: RouteFilters {
        switch self {
        case .chat(let request): request.filters
        case .media(let request): request.filters
        }
    }

    /// As the events of a chat completion; other streams pass on as they come.
    var wantsStream: Bool { chat?.wantsStream ?? false }

    /// The type of model that serves it; `nil` for those that chat.
    var modelType: ModelType? { if case .media(let request) = self { request.endpoint.modelType } else { nil } }

    /// What it needs of a model.
    var requirements: RouteRequirements {
        switch self {
        case .chat(let request):
            RouteRequirements(
                images: request.hasImages,
                audio: request.hasAudio,
                tools: request.tools != nil,
                jsonSchema: request.responseFormat == .jsonSchema,
                fillIn: request.origin == .fillIn
            )
        case .media(let request):
            RouteRequirements(dimensions: request.vectors?.dimensions)
        }
    }
}
