/// A call of an endpoint other than chat as the provider understood it, checked as OpenAI checks it.
struct SimulatedMedia: Sendable {
    typealias Complaint = SimulatedCheck.Complaint

    enum Endpoint: String, Sendable {
        case embeddings = "/embeddings"
        case images = "/images/generations"
        case speech = "/audio/speech"
        case transcriptions = "/audio/transcriptions"
        case translations = "/audio/translations"
        case moderations = "/moderations"

        var takesForm: Bool { self == .transcriptions || self == .translations }
    }

    let endpoint: Endpoint
    let model: String
    /// The members of the body; of a form its texts.
    let members: SimulatedJSON
    /// Of a form.
    let file: SimulatedForm.Part?

    /// `nil` where the path is none of these.
    init?(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) {
        let path = request.path.hasPrefix("/v1/") ? String(request.path.dropFirst(3)) : request.path
        guard let endpoint = Endpoint(rawValue: path) else { return nil }
        self.endpoint = endpoint
        let type = request.header("content-type") ?? ""
        if endpoint.takesForm {
            let form = try SimulatedForm(request.body, contentType: type)
            file = form.parts.first { $0.name == "file" }
            members = .object(form.texts)
        } else {
            file = nil
            members = try Self.object(in: request.body)
        }
        model = members["model"]?.string ?? ""
        guard !model.isEmpty else { throw Self.missing("model") }
        if isStrict { try checkNames() }
        try check()
    }

    private static func object(in body: [UInt8]) throws(Complaint) -> SimulatedJSON {
        let json = try SimulatedOpenAI().object(in: body)
        for member in json.members ?? [] where member.value.isNull {
            throw Complaint(
                status: 400,
                message: "Invalid type for '\(member.name)': got null instead.",
                param: member.name
            )
        }
        return json
    }

    // MARK: Checks

    private func checkNames() throws(Complaint) {
        let known: Set<String> =
            switch endpoint {
            case .embeddings: ["model", "input", "dimensions", "encoding_format", "user"]
            case .images:
                [
                    "model", "prompt", "n", "size", "quality", "style", "response_format", "user", "background",
                    "output_format", "output_compression", "moderation", "stream", "partial_images",
                ]
            case .speech: ["model", "input", "voice", "instructions", "response_format", "speed", "stream_format"]
            case .transcriptions:
                [
                    "model", "file", "language", "prompt", "response_format", "temperature", "stream",
                    "timestamp_granularities[]", "include[]", "chunking_strategy",
                ]
            case .translations: ["model", "file", "prompt", "response_format", "temperature"]
            case .moderations: ["model", "input"]
            }
        for member in members.members ?? [] where !known.contains(member.name) {
            throw Complaint(
                status: 400,
                message: "Unrecognized request argument supplied: \(member.name)",
                param: member.name,
                code: "unknown_parameter"
            )
        }
    }

    private func check() throws(Complaint) {
        switch endpoint {
        case .embeddings:
            guard let input = members["input"] else { throw Self.missing("input") }
            guard !inputs.isEmpty, !inputs.contains("") else {
                throw Self.invalid("input", "'$.input' is invalid: \(input.text.prefix(40))")
            }
            try checkOneOf("encoding_format", ["float", "base64"])
            if let dimensions = members["dimensions"], dimensions.integer.map({ $0 > 0 }) != true {
                throw Self.invalid("dimensions", "'dimensions' must be a positive integer")
            }
        case .images:
            guard members["prompt"]?.string?.isEmpty == false else { throw Self.missing("prompt") }
            try checkOneOf("response_format", ["url", "b64_json"])
            guard (1...10).contains(imageCount) else { throw Self.invalid("n", "'n' must be from 1 to 10") }
        case .speech:
            guard members["input"]?.string?.isEmpty == false else { throw Self.missing("input") }
            guard members["voice"]?.string?.isEmpty == false else { throw Self.missing("voice") }
            try checkOneOf("response_format", Array(Self.soundTypes.keys))
        case .transcriptions, .translations:
            guard let file else { throw Self.missing("file") }
            guard file.filename?.isEmpty == false, !file.value.isEmpty else {
                throw Self.invalid("file", "The file is empty, or has no name to tell its format by.")
            }
            try checkOneOf("response_format", ["json", "text", "srt", "verbose_json", "vtt"])
        case .moderations:
            guard !inputs.isEmpty else { throw Self.missing("input") }
        }
    }

    private func checkOneOf(_ name: String, _ values: [String]) throws(Complaint) {
        guard let value = members[name] else { return }
        guard let text = value.string, values.contains(text) else {
            throw Self.invalid(name, "Invalid value: \(value.text). Supported values are: \(values.sorted()).")
        }
    }

    static func missing(_ name: String) -> Complaint {
        Complaint(status: 400, message: "Missing required parameter: '\(name)'.", param: name)
    }

    static func invalid(_ name: String, _ message: String) -> Complaint {
        Complaint(status: 400, message: message, param: name, code: "invalid_value")
    }

    // MARK: What is asked

    /// Each text; of tokens their numbers, so that each list stands for one.
    var inputs: [String] {
        guard let input = members["input"] else { return [] }
        if let text = input.string { return [text] }
        let elements = input.elements ?? []
        if elements.first?.number != nil { return [input.text] }
        return elements.map { $0.string ?? $0.text }
    }

    var imageCount: Int { members["n"]?.integer ?? 1 }

    static let soundTypes = [
        "mp3": "audio/mpeg", "opus": "audio/opus", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav",
        "pcm": "audio/pcm",
    ]

    var promptTokens: Int {
        switch endpoint {
        case .embeddings, .moderations: inputs.reduce(0) { $0 + max(1, SimulatedCall.tokens(in: $1)) }
        case .images: SimulatedCall.tokens(in: members["prompt"]?.string ?? "")
        case .speech: SimulatedCall.tokens(in: members["input"]?.string ?? "")
        case .transcriptions, .translations: 0
        }
    }
}
