import Clients
import NIOCore

/// The answer to a request other than chat, read as far as it must be to be believed, and passed on as it came.
struct MediaAnswer: Sendable {
    /// The body for the client.
    let body: SplicedBody
    let contentType: String
    let usage: TokenUsage?

    enum Reading: Sendable {
        case answer(MediaAnswer)
        /// It is an error, though its status says otherwise.
        case refused
        case failed(UpstreamFailure)
        /// The request is at fault, in our words: the provider did not say so.
        case impossible(String)
    }

    /// What is asked of an answer.
    struct Expectation: Sendable {
        let endpoint: MediaEndpoint
        let vectors: VectorsAsked?
        /// Vectors may be shortened here.
        let isMatryoshka: Bool
        let note: ChatWholeReply.ProviderNote?
    }

    /// Whether an answer goes to the client piece by piece: events and sound do, what has to be judged does not.
    static func passesAsItComes(_ contentType: String, from endpoint: MediaEndpoint) -> Bool {
        let type = MultipartForm.mediaType(of: contentType)
        if type == "text/event-stream" { return true }
        guard endpoint == .speech else { return false }
        return type.hasPrefix("audio/") || type == "application/octet-stream" || type == "binary/octet-stream"
    }

    static func read(_ body: ByteBuffer, contentType: String, _ expected: Expectation) -> Reading {
        let type = MultipartForm.mediaType(of: contentType)
        // Transcripts come as plain text and subtitles, too.
        if expected.endpoint.takesForm, type.hasPrefix("text/"), type != "text/html" {
            return .answer(MediaAnswer(body: SplicedBody(body), contentType: contentType, usage: nil))
        }
        return body.withUnsafeReadableBytes { bytes in
            do throws(JSONFault) {
                return read(try JSONView(document: bytes), of: body, expected)
            } catch {
                return .failed(.unreadable("the answer is no JSON"))
            }
        }
    }

    private static func read(_ document: JSONView, of body: ByteBuffer, _ expected: Expectation) -> Reading {
        guard document.isObject else { return .failed(.unreadable("the answer is no object")) }
        if document["error"] != nil { return .refused }
        var edits = ByteEdits()
        switch expected.endpoint {
        case .embeddings:
            guard let asked = expected.vectors, let data = document["data"] else {
                return .failed(.unreadable("the answer has no embeddings"))
            }
            let vectors = EmbeddingsAnswer(asked: asked, isMatryoshka: expected.isMatryoshka)
            if let wrong = vectors.convert(data.elements, &edits) { return wrong }
        case .images:
            guard let data = document["data"] else { return .failed(.unreadable("the answer has no images")) }
            guard !data.elements.isEmpty else { return .failed(.emptyAnswer) }
        case .moderations:
            guard document["results"]?.isArray == true else {
                return .failed(.unreadable("the answer has no results"))
            }
        case .transcriptions, .translations:
            // Silence has an empty transcript.
            guard document["text"]?.isString == true else { return .failed(.unreadable("the answer has no text")) }
        case .speech:
            return .failed(.unreadable("the answer is no sound"))
        }
        if let note = expected.note { edits.insert(note.members, at: document.span.range.lowerBound + 1) }
        let usage = document["usage"].flatMap { TokenUsage(media: $0) }
        return .answer(MediaAnswer(body: SplicedBody(body, edits), contentType: "application/json", usage: usage))
    }
}

/// Holds a list of embeddings against what was asked, and makes the asked form of those that have another.
struct EmbeddingsAnswer {
    let asked: VectorsAsked
    let isMatryoshka: Bool

    /// `nil` where all is well.
    func convert(_ entries: [JSONView], _ edits: inout ByteEdits) -> MediaAnswer.Reading? {
        guard !entries.isEmpty else { return .failed(.emptyAnswer) }
        if let count = asked.count, count != entries.count {
            return .failed(.invalidOutput("\(entries.count) embeddings for \(count) inputs"))
        }
        for entry in entries {
            guard let embedding = entry["embedding"], let length = Vector.count(in: embedding) else {
                return .failed(.unreadable("an entry has no embedding"))
            }
            let isTooLong = asked.dimensions.map { length > $0 } ?? false
            if let dimensions = asked.dimensions, length != dimensions, !(isTooLong && isMatryoshka) {
                return .impossible(
                    "The model's vectors have \(length) dimensions and cannot be given with \(dimensions)."
                )
            }
            guard isTooLong || embedding.isString != asked.asBase64 else { continue }
            guard var vector = Vector(embedding) else {
                return .failed(.unreadable("an embedding holds what is no number"))
            }
            if let dimensions = asked.dimensions { vector.shorten(to: dimensions) }
            var text = ByteBuffer()
            vector.write(asBase64: asked.asBase64, into: &text)
            edits.replace(embedding.span.range, with: Array(text.readableBytesView))
        }
        return nil
    }
}

/// The reading of an answer with many vectors, to be done on another thread.
final class EmbeddingsWork: Sendable {
    private let body: ByteBuffer
    private let expected: MediaAnswer.Expectation

    init(_ body: ByteBuffer, _ expected: MediaAnswer.Expectation) {
        self.body = body
        self.expected = expected
    }

    func run() -> MediaAnswer.Reading {
        MediaAnswer.read(body, contentType: "application/json", expected)
    }
}

extension TokenUsage {
    /// `prompt_tokens` of embeddings, `input_tokens` and `output_tokens` of images and transcripts.
    init?(media usage: JSONView) {
        let prompt = usage["prompt_tokens"]?.integer ?? usage["input_tokens"]?.integer
        let completion = usage["completion_tokens"]?.integer ?? usage["output_tokens"]?.integer
        let total = usage["total_tokens"]?.integer
        guard let known = prompt ?? total else { return nil }
        self.init(promptTokens: known, completionTokens: completion ?? 0, totalTokens: total)
    }
}
