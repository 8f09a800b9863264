/// The endpoints of OpenAI's API that are not chat completions; most providers have them under the same paths.
enum MediaEndpoint: String, Sendable, CaseIterable {
    case embeddings = "/embeddings"
    case images = "/images/generations"
    case speech = "/audio/speech"
    case transcriptions = "/audio/transcriptions"
    case translations = "/audio/translations"
    case moderations = "/moderations"

    /// Without `/v1`; appended to a provider's base URL.
    var path: String { rawValue }

    /// The kind of model that serves it.
    var modelType: ModelType {
        switch self {
        case .embeddings: .embedding
        case .images: .image
        case .speech: .speech
        case .transcriptions, .translations: .transcription
        case .moderations: .moderation
        }
    }

    /// Its requests are `multipart/form-data`; those of the others are JSON.
    var takesForm: Bool { self == .transcriptions || self == .translations }

    /// What a request cannot be without, beside `model`.
    var required: String {
        switch self {
        case .embeddings, .speech, .moderations: "input"
        case .images: "prompt"
        case .transcriptions, .translations: "file"
        }
    }
}
